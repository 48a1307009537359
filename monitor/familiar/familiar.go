// Package familiar decides which listeners the user knows. It is pure: it reads
// no file, asks no kernel and keeps no state; the store carries its values to
// disk and back.
package familiar

import (
	"time"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// Verdict is what Portreeve believes of a listener.
type Verdict string

// The verdicts, as they stand on the wire.
const (
	// Unfamiliar: neither a rule nor the baseline covers it. "New" on screen.
	Unfamiliar Verdict = "unfamiliar"
	// Familiar: a rule of the user's covers it. "Known" on screen.
	Familiar Verdict = "familiar"
	// Baseline: it was there at the very first reading. "Already here".
	Baseline Verdict = "baseline"
	// Unknown: nothing has been stored yet, so there is nothing to judge by.
	Unknown Verdict = "unknown"
)

// Scope is how far a listener can be reached, as far as its address tells.
type Scope string

// The scopes. Trust in a narrow one never covers a wider one.
const (
	// Loopback: only programs on this computer.
	Loopback Scope = "loopback"
	// Network: a wildcard or an address of a network interface.
	Network Scope = "network"
)

// Ports is a class of ports: an exact one, or any of a kind.
type Ports string

// The classes that are not a single port; a single one is its decimal number.
const (
	// Ephemeral is any port of this machine's own range or of IANA's dynamic
	// one (49152 to 65535, RFC 6335).
	Ephemeral Ports = "ephemeral"
	// AnyPort is every port.
	AnyPort Ports = "any"
)

// Subject is who listens, named so that it survives a restart of the program.
type Subject struct {
	// Exe is the path of the executable; empty where the owner is hidden.
	Exe string `toml:"exe,omitempty" json:"exe,omitempty"`
	// Script is the script or jar that an interpreter runs, Module the module
	// that it was told to run (python3 -m http.server).
	Script string `toml:"script,omitempty" json:"script,omitempty"`
	Module string `toml:"module,omitempty" json:"module,omitempty"`
	// Dir is the folder that an interpreter's module runs in.
	Dir string `toml:"dir,omitempty" json:"dir,omitempty"`
	// State is "deleted" or "memfd" where the executable has no file any more;
	// trust in a path never covers such a program.
	State string `toml:"state,omitempty" json:"state,omitempty"`
	// Hidden names what little is known of an owner that can't be seen.
	Hidden string `toml:"hidden,omitempty" json:"hidden,omitempty"`
}

// Pattern covers the listeners of one user and subject, in one scope, on one
// class of ports.
type Pattern struct {
	User    string  `toml:"user" json:"user"`
	Subject Subject `toml:"subject" json:"subject"`
	Proto   string  `toml:"protocol" json:"protocol"`
	Scope   Scope   `toml:"scope" json:"scope"`
	Ports   Ports   `toml:"ports" json:"ports"`
}

// Rule is a pattern that the user said to know.
type Rule struct {
	ID      string    `toml:"id" json:"id"`
	Since   time.Time `toml:"since" json:"since"`
	Pattern `toml:"listener"`
}

// Book is all that listeners are judged by. A Book that was handed out is never
// changed; a change makes a new one.
type Book struct {
	Rules []Rule
	// Baseline is what the very first reading found; nil as long as there was
	// none.
	Baseline []Pattern
	// HasBaseline tells a first reading that found nothing from none at all.
	HasBaseline bool
	// EphemeralLow and EphemeralHigh bound this machine's own ephemeral range,
	// both included.
	EphemeralLow, EphemeralHigh uint16
}

// Listening is what a judgement is about.
type Listening struct {
	socket.Socket
	Owners []process.Info
	Hidden string
	// Unit is the systemd unit that the socket's cgroup tells, also where the
	// owner is hidden.
	Unit string
	// User is who made the socket; empty where it is not told.
	User string
}
