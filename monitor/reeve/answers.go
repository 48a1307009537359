// Package reeve holds the verbs of Portreeve, each written once: List, Watch,
// Stop, Know, Forget, Pause, Show, Status. Their flat answers in this file are
// the one wire contract: the local API, the terminal's --json and the window
// all carry these very structs. Fields are only ever added.
package reeve

// Listener is one row. Strings that name programs, arguments and folders are
// as the program chose them: whoever shows them cleans them.
type Listener struct {
	// ID is opaque and names this very socket until the machine restarts.
	ID       string `json:"id"`
	Protocol string `json:"protocol"` // "tcp" or "udp"
	Address  string `json:"address"`  // wildcards read 0.0.0.0 and ::
	Port     uint16 `json:"port"`
	Scope    string `json:"scope"` // "loopback" or "network"
	IPv6Only bool   `json:"ipv6_only"`
	Verdict  string `json:"verdict"` // familiar.Verdict
	// Since is RFC 3339, empty where it was there before us.
	Since   string  `json:"since"`
	Queue   uint32  `json:"queue"`
	Backlog uint32  `json:"backlog"`
	Owners  []Owner `json:"owners"` // never null; the topmost first
	// Hidden says why owners are missing; empty when none are.
	Hidden string `json:"hidden"`
	// User is who made the socket, which is known of hidden owners, too; empty
	// where the platform does not tell.
	User string `json:"user"`

	// The words that every face shows alike (cleaned, one line each):

	// Program names the topmost owner for people: "python3".
	Program string `json:"program"`
	// Place says what it runs and where: "http.server in ~/src/shop"; may be empty.
	Place string `json:"place"`
	// Reach says who can reach it: "Only programs on this computer can reach it."
	Reach string `json:"reach"`
	// Look says why it is worth a look, empty where nothing is:
	// "its program file has been deleted".
	Look string `json:"look"`
	// Reason is familiar.Reason: why it is new though something like it is known;
	// empty where it is not new, or nothing like it is known. WhyNew says it as a
	// sentence: "You know it on port 8000; this is port 8001."
	Reason string `json:"reason"`
	WhyNew string `json:"why_new"`
	// Folded tells that lists for people leave it out at first (temporary UDP).
	Folded bool `json:"folded"`
	// Subject is opaque: the same for listeners of one program as rules tell
	// programs apart, whichever process, port and address it is.
	Subject string `json:"subject"`
	// Origin is what started it.
	Origin Origin `json:"origin"`
	// Project is the project's folder that its program runs in, with ~ for the
	// home; empty where it is in none. Cleaned.
	Project string `json:"project"`
}

// Owner is a process that holds a listener.
type Owner struct {
	ID        string   `json:"id"` // opaque, as Stop wants it
	PID       int32    `json:"pid"`
	Name      string   `json:"name"`
	Exe       string   `json:"exe"`
	Cmdline   []string `json:"cmdline"` // never null
	Dir       string   `json:"dir"`
	User      string   `json:"user"`
	Started   string   `json:"started"` // RFC 3339
	Unit      string   `json:"unit"`
	Container string   `json:"container"`
	// Parents are the names of what started it, nearest first; never null.
	Parents []string `json:"parents"`
}

// Listing is all listeners at one moment.
type Listing struct {
	Seq       uint64     `json:"seq"`
	Listeners []Listener `json:"listeners"` // never null; by port, address, protocol
	// Source names the way that the sockets were read, Partial why the answer
	// may be old or incomplete (empty when it isn't).
	Source  string `json:"source"`
	Partial string `json:"partial"`
}

// ClientCounts is how many connections have come in at each TCP listener, from
// this computer or any other.
type ClientCounts struct {
	// Clients are by the listener's id; those without any are left out. Never
	// null. What came in at twins can't be told apart and counts for each.
	Clients map[string]int `json:"clients"`
}

// The events of a watch. Snapshot comes first and once; Show only to windows.
const (
	EventSnapshot = "snapshot"
	EventOpened   = "opened"
	EventClosed   = "closed"
	EventRebound  = "rebound"
	EventOwner    = "owner"
	EventJudged   = "judged"
	EventShow     = "show"
	// EventStatus says that the Status answer changed (paused, a new problem).
	EventStatus = "status"
)

// Event is one line of a watch: exactly one of Listener, Snapshot, Show and
// Status is set.
type Event struct {
	Seq      uint64       `json:"seq"`
	Time     string       `json:"time"` // RFC 3339 with nanoseconds
	Event    string       `json:"event"`
	Listener *Listener    `json:"listener,omitempty"`
	Snapshot *Listing     `json:"snapshot,omitempty"`
	Show     *ShowRequest `json:"show,omitempty"`
	Status   *Status      `json:"status,omitempty"`
	// Before is the id of the listener whose place this one took, for
	// EventRebound only: no EventClosed tells of it.
	Before string `json:"before,omitempty"`
}

// StopRequest asks to end one holder of a listener. Both ids must be as last
// shown; if either has changed the request is refused with CodeChanged.
type StopRequest struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	Force bool   `json:"force"`
	// Supervisor is the key of a supervisor that was offered: it is stopped, so
	// that it does not start the listener again.
	Supervisor string `json:"supervisor,omitempty"`
	// Anyway ends the process though a supervisor would start it again.
	Anyway bool `json:"anyway,omitempty"`
	// Confirmed tells that the user was told what would be lost.
	Confirmed bool `json:"confirmed,omitempty"`
	// Elevate has the system ask for another user's password, where it can.
	Elevate bool `json:"elevate,omitempty"`
}

// Offer is a way on that the user may choose, as a button would say it. Sending
// its request is all that is needed.
type Offer struct {
	Label   string      `json:"label"`   // "Stop shop.service"
	Command string      `json:"command"` // how a person would type it; may be empty
	Request StopRequest `json:"request"`
}

// The results of a stop that was carried out.
const (
	StopFreed     = "freed"      // the process ended and the port is free
	StopStillHeld = "still_held" // it ended, others hold the same port
	StopTaken     = "taken"      // it ended, another process listens there now
	StopRespawned = "respawned"  // it ended, the same program listens there again
	StopRunning   = "running"    // the signal was sent, the process still runs
)

// Stopped is how a stop went.
type Stopped struct {
	Result string `json:"result"`
	Free   bool   `json:"free"` // nobody holds that address and port now
	// Text says it for people: "python3 has ended. Port 62893 is free."
	Text string `json:"text"`
	// Hint says what else can be done; may be empty.
	Hint string `json:"hint"`
	// CanForce tells that a forced stop is worth offering.
	CanForce bool `json:"can_force"`
	// Offers are ways on, the likeliest first; never null.
	Offers []Offer `json:"offers"`
}

// What a GroupRequest can be about.
const (
	OfGroup   = "group"   // the process group of the owner: one job of a shell
	OfSession = "session" // all that was started from the same terminal
	OfProject = "project" // all listeners whose program runs in the same project
	OfOrigin  = "origin"  // all listeners that the same thing has started
	// OfEnded is all listeners that ended sessions have left behind, whichever
	// session it was: a request for them needs no listener and no owner.
	OfEnded = "ended"
)

// GroupRequest lists what belongs together with one holder of a listener, and
// ends it once the user has confirmed that list.
type GroupRequest struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	Of    string `json:"of"`
	Force bool   `json:"force"`
	// Confirmed are the owner ids of exactly those that the user was shown. An
	// empty one ends nobody: that is the dry run.
	Confirmed []string `json:"confirmed"`
}

// Group is what belongs together, and after a confirmed request how that went.
type Group struct {
	// Title says what it is: "the project ~/src/shop", "the ended session 4711".
	Title string `json:"title"`
	// Members would be ended, or have been told to; oldest first; never null.
	Members []Member `json:"members"`
	// Spared belong to it and are left alone; never null.
	Spared []Member `json:"spared"`
	// Text says how it went; empty for a dry run.
	Text string `json:"text"`
}

// Member is one process of a group.
type Member struct {
	Owner   string `json:"owner"` // its id
	PID     int32  `json:"pid"`
	Program string `json:"program"` // cleaned
	Place   string `json:"place"`   // cleaned; may be empty
	// Listens are the addresses that it listens on; never null.
	Listens []string `json:"listens"`
	// Ended tells that it has ended; Why says why not, or why it is spared.
	Ended bool   `json:"ended"`
	Why   string `json:"why"`
}

// KnowRequest makes a rule from a listener.
type KnowRequest struct {
	ID string `json:"id"`
	// Choice is the key of one of the listener's Choices, and Lasting how long
	// it is to last; empty for the suggested ones.
	Choice  string `json:"choice,omitempty"`
	Lasting string `json:"lasting,omitempty"`
}

// Known is what was understood.
type Known struct {
	Rule string `json:"rule"` // its id, for Forget: the undo
	// Text echoes it: "Known: python3 -m http.server in ~/src/shop, any port
	// it is given, only this computer."
	Text string `json:"text"`
}

// ForgetRequest takes rules back: the one of that id, or all that cover that
// listener (its baseline entry too). Exactly one is set.
type ForgetRequest struct {
	Rule     string `json:"rule,omitempty"`
	Listener string `json:"id,omitempty"`
}

// Forgotten is what was taken back.
type Forgotten struct {
	Rules []string `json:"rules"` // ids; never null
	Text  string   `json:"text"`
}

// PauseRequest holds notices back: "15m", "1h", "2h30m", "tomorrow" or "off".
type PauseRequest struct {
	For string `json:"for"`
}

// The pages that Show can ask for.
const (
	PageListeners = "listeners"
	PageExplain   = "explain"
	PageReview    = "review"
	PageTimeline  = "timeline"
	PageRules     = "rules"
	PageSettings  = "settings"
)

// ShowRequest opens the window, or raises it, on a page; Listener selects one.
type ShowRequest struct {
	Page     string `json:"page"`
	Listener string `json:"id,omitempty"`
}

// Status is how the resident is doing.
type Status struct {
	Version  string `json:"version"`
	PID      int    `json:"pid"`
	Resident bool   `json:"resident"` // false where a terminal answers on its own
	Source   string `json:"source"`
	// Listeners counts all, New the unfamiliar among them, Open those that
	// others can reach, Hidden those whose owner can't be seen.
	Listeners int `json:"listeners"`
	New       int `json:"new"`
	Open      int `json:"open"`
	Hidden    int `json:"hidden"`
	// PausedUntil is RFC 3339, empty when notices are not held.
	PausedUntil string `json:"paused_until"`
	// Tray and Notices say in words how the desktop is reached: "shown",
	// "no tray host"; "with buttons", "plain", "none".
	Tray    string `json:"tray"`
	Notices string `json:"notices"`
	// Awaited are the ports that the user waits for, in ascending order; never
	// null. See AwaitRequest.
	Awaited []uint16 `json:"awaited"`
	// Problems are what a user should know: a broken rules file kept aside, a
	// full disk; never null.
	Problems []Problem `json:"problems"`
}

// What a Problem is about: where the way on lies.
const (
	AboutRules    = "rules"
	AboutSettings = "settings"
	AboutHistory  = "history"
	AboutList     = "list"   // the listeners could not be read anew
	AboutMemory   = "memory" // what was here before, a pause, what is awaited
)

// Problem is something that is wrong, as a sentence.
type Problem struct {
	About string `json:"about"`
	Text  string `json:"text"`
}

// The codes of errors. The terminal's exit code follows from them.
const (
	CodeUsage        = "usage"         // wrong use: exit 2
	CodeNotListening = "not_listening" // nothing listens there: exit 3
	CodeDenied       = "denied"        // another user's process: exit 4
	CodeProtected    = "protected"     // exit 4
	CodeUnsure       = "unsure"        // could not be identified: exit 4
	CodeChanged      = "changed"       // not what was shown any more: exit 4
	CodeAmbiguous    = "ambiguous"     // several candidates: exit 4
	CodeSupervised   = "supervised"    // it would be started again: exit 4
	CodeConfirm      = "confirm"       // something would be lost: exit 4
	CodeNoResident   = "no_resident"   // only a running Portreeve can: exit 1
	CodeFailed       = "failed"        // anything else: exit 1
)

// Error is an answer that says no. It travels as it stands.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"error"` // lower case, no full stop
	Hint    string `json:"hint"`  // what to do; may be empty
	// Offers are ways on, the likeliest first.
	Offers []Offer `json:"offers,omitempty"`
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }
