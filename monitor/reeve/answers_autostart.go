package reeve

// AutostartRequest asks whether Portreeve starts when its user logs in, or
// changes that.
type AutostartRequest struct {
	// Want is AutostartOn or AutostartOff; empty only asks.
	Want string `json:"want,omitempty"`
}

// What may be wanted of a start at login.
const (
	AutostartOn  = "on"
	AutostartOff = "off"
)

// Autostart tells how it stands.
type Autostart struct {
	On bool `json:"on"`
	// Can is false where this platform or installation has no way.
	Can bool `json:"can"`
	// Entry is the file or the registry's value that decides; empty without Can.
	Entry string `json:"entry"`
	// Text says it as a sentence.
	Text string `json:"text"`
}
