package reeve

// HistoryRequest asks who listened where and when. Zero values ask for all.
type HistoryRequest struct {
	Port    uint16 `json:"port,omitempty"`
	Program string `json:"program,omitempty"` // part of its name, any case
	// Since and Until are RFC 3339 and bound when the listener was there.
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	// Limit bounds the answer to the newest; 0 means 1,000.
	Limit int `json:"limit,omitempty"`
}

// Spell is one listener from its opening to its end.
type Spell struct {
	// ID is the listener's, as long as it was the same run of the machine.
	ID       string `json:"id"`
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
	Scope    string `json:"scope"`
	Verdict  string `json:"verdict"` // as it was last
	// Opened is RFC 3339; Before tells that it was there before Portreeve, so
	// that Opened is only when it was first seen.
	Opened string `json:"opened"`
	Before bool   `json:"before"`
	// Closed is RFC 3339; empty while it listens. Lost tells that Portreeve
	// was not running when it ended, so that Closed is when it was last seen.
	Closed string `json:"closed"`
	Lost   bool   `json:"lost"`
	// Told tells that a notice spoke of it.
	Told    bool   `json:"told"`
	Program string `json:"program"` // cleaned, as Listener's
	Place   string `json:"place"`
	Exe     string `json:"exe"`
	PID     int32  `json:"pid"`
	User    string `json:"user"`
	// Origin is the label of what started it; see Origin.
	Origin string `json:"origin"`
}

// History answers a HistoryRequest, the newest first.
type History struct {
	Spells []Spell `json:"spells"` // never null
	// Off tells that nothing is recorded (a setting); Problem why nothing can be.
	Off     bool   `json:"off"`
	Problem string `json:"problem"`
	// Oldest is when the record begins, RFC 3339; empty where there is none.
	Oldest string `json:"oldest"`
	// Cut tells that there are more than the limit.
	Cut bool `json:"cut"`
}
