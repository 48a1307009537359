// Package familiar decides which listeners the user knows. It is pure: it reads
// no file, asks no kernel and keeps no state; the store carries its values to
// disk and back.
//
//	Listening -> SubjectOf -> who it is, named so that it survives a restart
//	Book -> NewJudge -> Judge.Of -> Opinion: known, already here or new, and why
//	Listening -> Choices -> the rules that it could get
package familiar

import (
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

// Inline stands as Script for a program given on the command line or typed in.
const Inline = process.Inline

// Subject is who listens, named so that it survives a restart of the program.
// It is comparable. What is empty does not count, and an empty Subject is
// nobody: see SubjectOf for which fields go together.
type Subject struct {
	// Exe is the path of the executable; empty where the owner is hidden.
	Exe string `toml:"exe,omitempty" json:"exe,omitempty"`
	// Script is the script or jar that an interpreter runs, without symbolic links
	// where they could be followed (see process.Info.ScriptFile), Module the module
	// that it was told to run (python3 -m http.server).
	Script string `toml:"script,omitempty" json:"script,omitempty"`
	Module string `toml:"module,omitempty" json:"module,omitempty"`
	// Dir is the working folder, where what is run says too little without it:
	// a module, or a script that serves many projects (gunicorn, vite).
	Dir string `toml:"dir,omitempty" json:"dir,omitempty"`
	// Build is the folder of the project whose test builds these are: what go
	// run, go test and cargo build anew under another name each time.
	Build string `toml:"build,omitempty" json:"build,omitempty"`
	// Folder stands for every program below it. Only rules have it.
	Folder string `toml:"folder,omitempty" json:"folder,omitempty"`
	// Image is the image of the container that it runs in, Container the
	// container's own id where the image is not known.
	Image     string `toml:"image,omitempty" json:"image,omitempty"`
	Container string `toml:"container,omitempty" json:"container,omitempty"`
	// AppImage is the image that an application is mounted from.
	AppImage string `toml:"appimage,omitempty" json:"appimage,omitempty"`
	// Unit is the systemd unit of an owner that can't be seen.
	Unit string `toml:"unit,omitempty" json:"unit,omitempty"`
	// State is one of the states below where the executable is not the file that
	// its path names; trust in a path never covers such a program.
	State string `toml:"state,omitempty" json:"state,omitempty"`
	// Hidden names what little is known of an owner that can't be seen.
	Hidden string `toml:"hidden,omitempty" json:"hidden,omitempty"`
	// SHA256 is the hash of the executable (of the image, for an AppImage) in
	// hexadecimal digits, Size its size in bytes. Only rules and entries of the
	// baseline for files that the user may change have them.
	SHA256 string `toml:"sha256,omitempty" json:"sha256,omitempty"`
	Size   int64  `toml:"size,omitzero" json:"size,omitempty"`
}

// The states of a Subject whose executable is not the file at its path.
const (
	Deleted = "deleted" // the file has been removed or replaced
	Memfd   = "memfd"   // there never was one
	// Elsewhere: the path names another file, or none, for us: the program sees
	// other folders than we do (a sandbox, a snap).
	Elsewhere = "elsewhere"
)

// Pattern covers the listeners of one user and subject, in one scope, on one
// class of ports.
type Pattern struct {
	User    string  `toml:"user" json:"user"`
	Subject Subject `toml:"subject" json:"subject"`
	Proto   string  `toml:"protocol" json:"protocol"`
	Scope   Scope   `toml:"scope" json:"scope"`
	Ports   Ports   `toml:"ports" json:"ports"`
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
	// Image is the image of the topmost owner's container, and SHA256 the hash
	// of its executable (of its AppImage, where it has one). Both are looked for
	// only where they matter, and empty until they are known.
	Image, SHA256 string
	// NoImage tells that nobody could say which image it is.
	NoImage bool
	// Outlived tells that the executable of the topmost owner was deleted after
	// it had been seen whole: the process is the one that was judged then.
	Outlived bool
}
