// Package notify shows desktop notices. It knows nothing of ports: whoever
// calls it brings the words and gets back which button was pressed.
//
//	desktop.go   Desktop: the goroutine between callers and the desktop
//	daemon.go    the notification daemon's D-Bus protocol
//	bus.go       finding the session bus and connecting to it
//	plain_*.go   notices without buttons, by beeep
//	terminal.go  Lines: the same notices as lines of text
//	mailbox.go   what callers left for either of them
//	clean.go     making any text fit to be shown (pure)
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
	// Update only changes what stands under Key: where nothing stands there any
	// more, because the user closed it or it went by itself, nothing is shown.
	Update bool
	// Sound asks for the desktop's sound of a message; updates never make one.
	Sound bool
	// Command is what a terminal prints in place of buttons, such as
	// "portreeve stop 62893"; empty for none. Desktops leave it out.
	Command string
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
