// Package notify shows desktop notices. It knows nothing of ports: whoever
// calls it brings the words and gets back which button was pressed.
package notify

// Action is one button of a notice. Key comes back with the press.
type Action struct{ Key, Label string }

// Notice is one notice. Showing another with the same Key replaces it where it
// stands.
type Notice struct {
	Key         string
	Title, Body string
	// Actions are shown from left to right, where the daemon shows buttons.
	Actions []Action
	// Default is the key of a click on the notice itself; empty for none.
	Default string
	// Stay keeps it until it is withdrawn or closed, where the daemon lets it.
	Stay bool
}

// Press is a button that somebody pressed. Closed notices are not told: closing
// trusts nothing.
type Press struct{ Notice, Action string }

// Means is how notices reach the user at the moment.
type Means string

// The means, in the words of the status answer.
const (
	WithButtons Means = "with buttons"
	Plain       Means = "plain"
	None        Means = "none"
)
