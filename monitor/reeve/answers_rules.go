package reeve

// Origin is what started a listener.
type Origin struct {
	// Key groups: listeners of the same key were started by the same thing.
	// Empty where nothing is known.
	Key string `json:"key"`
	// Kind is one of the Origin kinds.
	Kind string `json:"kind"`
	// Label names it for people: "Terminal", "Visual Studio Code",
	// "shop.service"; cleaned.
	Label string `json:"label"`
	// Ended tells that the terminal, IDE or agent is gone and the listener was
	// left behind.
	Ended bool `json:"ended"`
}

// The kinds of origins.
const (
	OriginTerminal  = "terminal"
	OriginIDE       = "ide"
	OriginAgent     = "agent" // a coding agent
	OriginDesktop   = "desktop"
	OriginAutostart = "autostart"
	OriginCron      = "cron"
	OriginService   = "service" // a systemd unit
	OriginContainer = "container"
	OriginSystem    = "system"
	OriginUnknown   = ""
)

// How long a rule lasts.
const (
	LastsForGood = "good"    // until it is taken back
	LastsRestart = "restart" // until the machine restarts
	LastsProcess = "process" // as long as this process
)

// Choice is one rule that a listener could get, from the narrowest to the
// widest.
type Choice struct {
	// Key goes into KnowRequest.
	Key string `json:"key"` // "this_port", "any_port", "folder" ...
	// Label is a button's or radio's: "this port", "any port it is given",
	// "anything under ~/src/shop".
	Label string `json:"label"`
	// Text is the whole rule in words, as Known.Text would echo it.
	Text string `json:"text"`
	// Suggested marks the one that is chosen at first.
	Suggested bool `json:"suggested"`
	// Silenced of Of: how many of the latest notices it would have silenced;
	// Of is 0 where nothing is recorded.
	Silenced int `json:"silenced"`
	Of       int `json:"of"`
	// Lasting are the ways that it can last, the usual one first; never null.
	Lasting []string `json:"lasting"`
}

// Choices are all the rules that a listener could get.
type Choices struct {
	Listener string   `json:"id"`
	Choices  []Choice `json:"choices"` // never null
}

// Rule is a rule as people read it.
type Rule struct {
	ID string `json:"id"`
	// Text: "python3 running server.py in ~/src/shop may use any port it is
	// given, only on this computer".
	Text     string `json:"text"`
	Program  string `json:"program"` // cleaned
	User     string `json:"user"`
	Protocol string `json:"protocol"`
	Scope    string `json:"scope"`   // "loopback" or "network"
	Ports    string `json:"ports"`   // "8080", "3000-3999", "ephemeral", "any"
	Lasting  string `json:"lasting"` // LastsForGood ...
	Since    string `json:"since"`   // RFC 3339
	// Matched counts the listeners of the record that it covered; LastMatch is
	// RFC 3339, empty for never.
	Matched   int    `json:"matched"`
	LastMatch string `json:"last_match"`
	// Now are the ids of listeners that it covers now; never null.
	Now []string `json:"now"`
	// What it names, empty where it does not: paths and names as the programs
	// chose them. Folder is "anything under it", or the project of test builds.
	Exe    string `json:"exe"`
	Script string `json:"script"`
	Module string `json:"module"`
	Dir    string `json:"dir"`
	Folder string `json:"folder"`
	// Hashed tells that it holds for one version of the file only.
	Hashed bool `json:"hashed"`
}

// RuleList is every rule, the newest first.
type RuleList struct {
	Rules []Rule `json:"rules"` // never null
	// File is where they are kept; Problem says what is wrong with it, empty
	// when nothing is.
	File    string `json:"file"`
	Problem string `json:"problem"`
}

// RuleRequest changes a rule, or makes one by hand. What is empty stays as it
// is (or, for a new rule, is as the listener has it).
type RuleRequest struct {
	ID       string `json:"rule,omitempty"` // the rule to change; empty for a new one
	Listener string `json:"id,omitempty"`   // what a new rule is made from
	Exe      string `json:"exe,omitempty"`
	Script   string `json:"script,omitempty"`
	Folder   string `json:"folder,omitempty"`
	User     string `json:"user,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Scope    string `json:"scope,omitempty"`
	Ports    string `json:"ports,omitempty"`
	Lasting  string `json:"lasting,omitempty"`
}

// RuleTest is what a rule would have done.
type RuleTest struct {
	// Text: "It would have silenced 14 of your last 20 notices."
	Text     string  `json:"text"`
	Silenced int     `json:"silenced"`
	Of       int     `json:"of"`
	Examples []Spell `json:"examples"` // of what it covers, the newest first; never null
}
