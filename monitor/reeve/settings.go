package reeve

import (
	"context"
	"errors"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/store"
)

// Settings gives the user's settings.
func (r *Reeve) Settings(context.Context) (*SettingsAnswer, error) {
	a := &SettingsAnswer{Settings: r.currentSettings(), File: r.Store.SettingsFile()}
	a.Problem = r.Store.SettingsProblem()
	if r.Login != nil {
		a.CanStartAtLogin = true
		on, err := r.Login.On()
		if err != nil {
			return nil, failed("ask whether it starts at login", err)
		}
		a.StartAtLogin = on
	}
	return a, nil
}

// currentSettings gives those that count: the resident's, or what stands in the
// file.
func (r *Reeve) currentSettings() Settings {
	if !r.Resident {
		return r.Store.LoadSettings(false)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings
}

// ChangeSettings writes all of the settings; they count at once.
func (r *Reeve) ChangeSettings(ctx context.Context, to Settings) (*SettingsAnswer, error) {
	if err := to.Check(); err != nil {
		return nil, &Error{Code: CodeUsage, Message: err.Error(), Hint: "see portreeve help settings"}
	}
	now, err := r.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if to.StartAtLogin != now.StartAtLogin {
		want := AutostartOff
		if to.StartAtLogin {
			want = AutostartOn
		}
		if _, err := r.Autostart(ctx, AutostartRequest{Want: want}); err != nil {
			return nil, err
		}
	}
	if err := r.Store.SaveSettings(ctx, to); err != nil {
		e := failed("save the settings", err)
		var answer *Error
		if errors.Is(err, store.ErrReadOnly) && errors.As(e, &answer) {
			answer.Hint = "update this portreeve, or edit the file by hand"
		}
		return nil, e
	}
	if r.Resident {
		r.use(ctx, to)
	}
	return r.Settings(ctx)
}

// use lets settings count.
func (r *Reeve) use(ctx context.Context, s Settings) {
	s.StartAtLogin = false // the desktop knows
	r.mu.Lock()
	r.settings = s
	r.mu.Unlock()
	r.Store.History().SetBounds(store.Bounds{On: s.History.On, Days: s.History.Days, MiB: s.History.MiB})
	r.setPace(ctx)
	r.tellStatus()
}

// noticeSettings gives what the faces of the resident go by; nil for those of a first
// start.
func (r *Reeve) noticeSettings() *NoticeSettings {
	if !r.Resident {
		return nil
	}
	n := r.currentSettings().Notices
	return &n
}

// The paces of looking.
const (
	fastPace   = 100 * time.Millisecond
	savingPace = 500 * time.Millisecond
)

// setPace lets the monitor look as often as the settings and the power say.
func (r *Reeve) setPace(ctx context.Context) {
	pace := fastPace
	switch r.currentSettings().Polling {
	case PollSaving:
		pace = savingPace
	case PollAutomatic:
		if r.onBattery() {
			pace = savingPace
		}
	}
	r.mu.Lock()
	same := r.pace == pace
	r.pace = pace
	r.mu.Unlock()
	if same {
		return
	}
	if err := r.Monitor.SetPace(ctx, pace); err != nil && ctx.Err() == nil && !errors.Is(err, monitor.ErrEnded) {
		r.notSaved(AboutSettings, "The pace of looking could not be changed: "+err.Error()+".")
	}
}

// onBattery reports that the computer runs on its battery. Where that can't be
// told it does not.
func (r *Reeve) onBattery() bool {
	ask := r.OnBattery
	if ask == nil {
		ask = monitor.OnBattery
	}
	on, err := ask()
	return err == nil && on
}
