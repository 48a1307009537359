package explain

import (
	"net/netip"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// Evidence is all that Address answers from. Whoever gathers it leaves out what
// can't be seen, and says so in Gaps; an empty Evidence is answered too.
type Evidence struct {
	Now time.Time
	// System is runtime.GOOS of the computer that it is about.
	System string
	Ports  PortTable
	// Localhost is what localhost means here, in the order in which programs
	// try it.
	Localhost  []netip.Addr
	Interfaces []Interface
	// Listeners are all of this network namespace, of any port.
	Listeners []*monitor.Listener
	// Conditions are what the processes behind the target's listeners are doing.
	Conditions map[process.ID]Condition
	// Connections have the port at one end at least.
	Connections []Connection
	Elsewhere   []Elsewhere
	Firewall    []FirewallRule
	// Project is the project that the first listener's program runs in.
	Project Project
	// Before are those who held the port earlier, the latest first.
	Before []Earlier
	// Recorded is since when listeners are recorded; zero where they aren't.
	Recorded time.Time
	// Resident tells that a resident runs, which can wait for the port.
	Resident bool
	// Probe is how a connection went; nil where none was made.
	Probe *Probe
	// Waiting is how many connections waited to be accepted after the probe got
	// no word: with its own among them, the program does not take any.
	Waiting uint32
	// Gaps are what could not be looked at, a sentence each.
	Gaps []string
}

// Interface is a network interface with its addresses.
type Interface struct {
	Name      string
	Addresses []netip.Addr // without zones
}

// Condition is what a process is doing.
type Condition struct {
	State process.State
	// MainEnded tells that its main thread has ended while others go on.
	MainEnded bool
}

// Connection is one end of a TCP connection, with who holds it.
type Connection struct {
	socket.Connection
	Owners []process.Info
	Hidden string
	User   string
}

// Elsewhere is a listener in another network namespace.
type Elsewhere struct {
	socket.Socket
	// Owner holds it; only its PID and Container may be known.
	Owner process.Info
}

// FirewallRule is one that keeps connections to the port away.
type FirewallRule struct {
	// Where names table and chain: "inet filter, chain input".
	Where string
	// Rejects tells that it answers with an error, where others stay silent.
	Rejects bool
	// Handle is the rule's number in its table.
	Handle int
	// All tells that it names no port; it may have exceptions before it.
	All bool
}

// Project is a folder under version control; the zero value is none.
type Project struct{ Dir, Branch string }

// Earlier is somebody who held the port before.
type Earlier struct {
	Program, Place string // clean
	Exe            string
	At             netip.AddrPort
	Opened, Closed time.Time
	// Lost tells that the record was not kept when it ended: Closed is when it
	// was last seen.
	Lost bool
}

// Reach is how a connection that was tried ended.
type Reach int

// The outcomes of a connection.
const (
	Connected Reach = iota + 1
	Refused
	TimedOut
	Unreachable
)

// Probe is how one connection to the target went. Its texts are the listener's.
type Probe struct {
	At    netip.AddrPort
	Reach Reach
	// Took is how long the connection took, or how long it was waited for.
	Took time.Duration
	// Error is the system's word where Reach is Unreachable.
	Error string
	// Speaks is the language that was recognised: "http", "tls", "ssh" ...; empty
	// for none.
	Speaks string
	// Greeting is the first line of what came; empty where nothing did. Came is
	// how long after the connection.
	Greeting string
	Came     time.Duration
	// Unasked tells that it came before anything was sent.
	Unasked bool
	// Spoken tells that something was sent. Ports where a printer may listen
	// are not spoken to.
	Spoken bool
	// Closed tells that the other side closed without a word.
	Closed bool

	// HTTP's answer.
	Status        int
	Title, Server string

	// TLS, by its own words: nothing was verified.
	TLSVersion  string
	Names       []string
	Issuer      string
	SelfSigned  bool
	Expires     time.Time
	Certificate bool
	// TLSError is why the handshake failed after TLS was recognised.
	TLSError string
}

// Answer is what there is to say. Its texts are clean.
type Answer struct {
	Address  string
	Verdict  Verdict
	Summary  string
	Findings []Finding // in the order of the parts, the likeliest first
	Try      []string
	// Listener is what it is about; nil where nothing listens.
	Listener *monitor.Listener
	// Clients are the programs that are connected to it.
	Clients  []Client
	CanAwait bool
}

// Finding is one thing that is so.
type Finding struct {
	Code string
	Part Part
	Text string
	// Facts are exact, a line each.
	Facts []string
}

// Part is where a finding belongs.
type Part string

// The parts of an answer, in their order.
const (
	PartAddress Part = "address"
	PartPort    Part = "port"
	PartWho     Part = "who"
	PartAnswer  Part = "answer"
	PartWhy     Part = "why"
)

// Client is the other end of a connection to the listener.
type Client struct {
	Program string
	PID     int32
	At      netip.AddrPort
	State   string
}

// Verdict is what the whole answer comes to. docs/explain.md lists them; they
// are a contract with scripts.
type Verdict string

// The verdicts. The first lot listens and answers, the second listens and does
// not, and where the third is given nothing listens.
const (
	AnswersHTTP     Verdict = "answers_http"
	AnswersTLS      Verdict = "answers_tls"
	AnswersGreeting Verdict = "answers_greeting"
	Answers         Verdict = "answers"
	WantsTLS        Verdict = "wants_tls"
	WantsHTTP       Verdict = "wants_http"
	Accepts         Verdict = "accepts"
	Listens         Verdict = "listens"
	OtherUser       Verdict = "other_user"
	BoundUDP        Verdict = "udp"
	Forwarded       Verdict = "forwarded"

	Stopped    Verdict = "stopped"
	Traced     Verdict = "traced"
	Stuck      Verdict = "stuck"
	Zombie     Verdict = "zombie"
	QueueFull  Verdict = "queue_full"
	Firewalled Verdict = "firewall"
	Closes     Verdict = "closes"
	Silent     Verdict = "silent"
	Hangs      Verdict = "hangs"
	Refuses    Verdict = "refused"

	ClientEnd       Verdict = "client_end"
	ConnectionsLeft Verdict = "connections_left"
	OtherAddress    Verdict = "other_address"
	OtherNamespace  Verdict = "other_namespace"
	UDPOnly         Verdict = "udp_only"
	TCPOnly         Verdict = "tcp_only"
	OtherPort       Verdict = "other_port"
	TimeWait        Verdict = "time_wait"
	Nobody          Verdict = "nobody"
	NotHere         Verdict = "not_here"
)

// Listens reports whether something listens there.
func (v Verdict) Listens() bool { return v.Answers() || v.mute() }

// Answers reports whether it answers, or listens and nothing speaks against it.
func (v Verdict) Answers() bool {
	switch v {
	case AnswersHTTP, AnswersTLS, AnswersGreeting, Answers, WantsTLS, WantsHTTP, Accepts, Listens, OtherUser, BoundUDP, Forwarded:
		return true
	}
	return false
}

func (v Verdict) mute() bool {
	switch v {
	case Stopped, Traced, Stuck, Zombie, QueueFull, Firewalled, Closes, Silent, Hangs, Refuses:
		return true
	}
	return false
}
