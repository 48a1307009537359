package reeve

// ExplainRequest asks what an address is. Exactly one of Text and Listener is
// set.
type ExplainRequest struct {
	// Text is what somebody typed or pasted: "127.0.0.1:62893", a link, "3000",
	// ":62893", "[::1]:80", or a whole line of a log.
	Text     string `json:"text,omitempty"`
	Listener string `json:"id,omitempty"`
	// Probe allows one connection to it, to see whether it answers. Only this
	// computer's own addresses are ever connected to.
	Probe bool `json:"probe"`
}

// The parts of an explanation, in their order on screen.
const (
	PartAddress = "address" // what the address means and who can reach it
	PartPort    = "port"    // what the port means
	PartWho     = "who"     // who is there and why
	PartAnswer  = "answer"  // does it answer
	PartWhy     = "why"     // if not, why; the likeliest first
)

// Finding is one thing that is so.
type Finding struct {
	// Code is for scripts; docs/explain.md lists them. They stay.
	Code string `json:"code"`
	// Part is where it belongs: PartAddress and so on.
	Part string `json:"part"`
	// Text says it in plain words, as a sentence.
	Text string `json:"text"`
	// Facts are the exact facts beneath, a line each; never null.
	Facts []string `json:"facts"`
}

// Explanation answers an ExplainRequest.
type Explanation struct {
	// Address is what was understood: "127.0.0.1:62893"; "port 3000" where no
	// address was given.
	Address string `json:"address"`
	// Verdict is one of the documented codes.
	Verdict string `json:"verdict"`
	// Answers and Listens decide the terminal's exit code: 0 where something
	// answers, 5 where something listens and does not, 3 where nothing listens.
	// Without a probe whatever listens counts as answering unless it is known
	// not to.
	Listens bool `json:"listens"`
	Answers bool `json:"answers"`
	// Summary is one sentence that a newcomer understands.
	Summary  string    `json:"summary"`
	Findings []Finding `json:"findings"` // never null; in the order of the parts
	// Try says what can be done, the likeliest first; never null.
	Try []string `json:"try"`
	// Listener is the listener that it is about; nil where none is.
	Listener *Listener `json:"listener,omitempty"`
	// Clients are the programs that are connected to it now; never null.
	Clients []Peer `json:"clients"`
	// Before are those who held the port earlier, the latest first; never null.
	Before []Spell `json:"before"`
	// CanAwait tells that AwaitRequest makes sense: nothing listens there.
	CanAwait bool `json:"can_await"`
}

// Peer is the other end of a connection on this computer.
type Peer struct {
	Program string `json:"program"` // cleaned; "another computer" where it is none of ours
	PID     int32  `json:"pid"`     // 0 where it can't be seen
	Address string `json:"address"` // its end, with the port
	State   string `json:"state"`   // "established", "time-wait" ...
}

// AwaitRequest asks for one notice as soon as somebody listens on a port,
// whoever it is; with Off the wish is taken back.
type AwaitRequest struct {
	Port uint16 `json:"port"`
	Off  bool   `json:"off,omitempty"`
}

// Awaited echoes it.
type Awaited struct {
	Ports []uint16 `json:"ports"` // all that are awaited now; never null
	Text  string   `json:"text"`
}
