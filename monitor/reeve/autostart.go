package reeve

import (
	"context"
	"fmt"
)

// Login is whether Portreeve starts when its user logs in, as the desktop keeps
// it. *autostart.Entry has these methods.
type Login interface {
	On() (bool, error)
	Set(on bool) error
	// Where names the file or the registry's value for people.
	Where() string
}

// Autostart says whether Portreeve starts at login, after changing it where that
// is wanted. Where there is no way to, asking is no error and changing is.
func (r *Reeve) Autostart(_ context.Context, req AutostartRequest) (*Autostart, error) {
	switch req.Want {
	case "", AutostartOn, AutostartOff:
	default:
		return nil, &Error{Code: CodeUsage, Message: fmt.Sprintf("autostart %q: neither on nor off", req.Want), Hint: "say on or off"}
	}
	if r.Login == nil {
		const why = "Portreeve can't start at login from where it is installed now."
		if req.Want == AutostartOn {
			return nil, &Error{Code: CodeFailed, Message: "this program can't be started at login", Hint: "install it first; docs/guide.md says how"}
		}
		return &Autostart{Text: why}, nil
	}
	if req.Want != "" {
		if err := r.Login.Set(req.Want == AutostartOn); err != nil {
			return nil, failed("change the start at login", err)
		}
	}
	on, err := r.Login.On()
	if err != nil {
		return nil, failed("ask whether it starts at login", err)
	}
	a := &Autostart{On: on, Can: true, Entry: r.Login.Where(), Text: "Portreeve does not start by itself."}
	if on {
		a.Text = "Portreeve starts when you log in."
	}
	if on != (req.Want == AutostartOn) && req.Want != "" {
		return nil, &Error{Code: CodeFailed, Message: "the change of the start at login did not last", Hint: "see " + a.Entry}
	}
	return a, nil
}

// offersLogin tells that a start at login could be offered: there is a way, and
// it is off.
func (r *Reeve) offersLogin() bool {
	if r.Login == nil {
		return false
	}
	on, err := r.Login.On()
	return err == nil && !on
}
