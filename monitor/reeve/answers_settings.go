package reeve

// Settings are the user's choices. They stand in settings.toml, which people
// may edit; a change there counts at once.
type Settings struct {
	Notices  NoticeSettings  `json:"notices" toml:"notices"`
	Polling  string          `json:"polling" toml:"polling"` // PollAutomatic ...
	History  HistorySettings `json:"history" toml:"history"`
	Theme    string          `json:"theme" toml:"theme"`       // "system", "light", "dark"
	Language string          `json:"language" toml:"language"` // "" for the system's, else "en", "de"
	// StartAtLogin mirrors the desktop's autostart entry; it is not in the file.
	StartAtLogin bool `json:"start_at_login" toml:"-"`
}

// NoticeSettings say what is told, and when.
type NoticeSettings struct {
	// SettleMS is how long a listener that only this computer reaches has to
	// live before it is told, in milliseconds: 0 to 60,000; 500 at first.
	SettleMS int `json:"settle_ms" toml:"settle_ms"`
	// QuietFrom and QuietUntil are "22:00" and "07:00" of local time; both empty
	// for never. Notices of that time come as one digest at its end.
	QuietFrom  string `json:"quiet_from" toml:"quiet_from"`
	QuietUntil string `json:"quiet_until" toml:"quiet_until"`
	Sound      bool   `json:"sound" toml:"sound"`
	// Tell is what is told of: "all", or "open" for only what others can reach.
	Tell string `json:"tell" toml:"tell"`
	// UDP tells of UDP, too.
	UDP bool `json:"udp" toml:"udp"`
	// QuietTerminal keeps quiet about what the user starts from a terminal.
	QuietTerminal bool `json:"quiet_terminal" toml:"quiet_terminal"`
}

// The ways of polling: automatic is fast on mains and saving on battery.
const (
	PollAutomatic = "automatic"
	PollFast      = "fast"
	PollSaving    = "saving"
)

// HistorySettings say what is recorded.
type HistorySettings struct {
	On   bool `json:"on" toml:"on"`
	Days int  `json:"days" toml:"days"` // 1 to 3650; 90 at first
	MiB  int  `json:"mib" toml:"mib"`   // 1 to 10,000; 64 at first
}

// SettingsAnswer is the settings and where they stand.
type SettingsAnswer struct {
	Settings
	File    string `json:"file"`
	Problem string `json:"problem"` // what is wrong with the file; empty when nothing is
	// CanStartAtLogin is false where this platform or installation has no way.
	CanStartAtLogin bool `json:"can_start_at_login"`
}
