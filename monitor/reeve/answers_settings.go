package reeve

import "portreeve/monitor/store"

// Settings are the user's choices; see store.Settings for what each means.
type Settings = store.Settings

// NoticeSettings say what is told, and when.
type NoticeSettings = store.NoticeSettings

// HistorySettings say what is recorded.
type HistorySettings = store.HistorySettings

// The ways of polling: automatic is fast on mains and saving on battery.
const (
	PollAutomatic = store.PollAutomatic
	PollFast      = store.PollFast
	PollSaving    = store.PollSaving
)

// SettingsAnswer is the settings and where they stand.
type SettingsAnswer struct {
	Settings
	File    string `json:"file"`
	Problem string `json:"problem"` // what is wrong with the file; empty when nothing is
	// CanStartAtLogin is false where this platform or installation has no way.
	CanStartAtLogin bool `json:"can_start_at_login"`
}
