package reeve

// Build says what this program was made of.
type Build struct {
	Version string `json:"version"`
	// Commit is the source's, in full; empty where it is not known.
	Commit string `json:"commit"`
	// Date is the commit's in RFC 3339 and UTC, never that of the build, so that
	// the same source gives the same program; empty where it is not known.
	Date string `json:"date"`
	Go   string `json:"go"` // the compiler: "go1.26.0"
	OS   string `json:"os"`
	Arch string `json:"arch"`
	// Window tells that this very binary has the window.
	Window bool `json:"window"`
}
