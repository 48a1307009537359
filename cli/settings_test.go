package cli

import (
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

func someSettings() *fake {
	return &fake{settings: reeve.SettingsAnswer{File: "/home/ada/.config/portreeve/settings.toml", Settings: reeve.Settings{
		Notices: reeve.NoticeSettings{SettleMS: 500, Tell: "all"}, Polling: "automatic",
		History: reeve.HistorySettings{On: true, Days: 90, MiB: 64}, Theme: "system",
	}}}
}

func TestSettingsAreListedReadAndChanged(t *testing.T) {
	f := someSettings()
	list := f.run(t, "settings")
	for _, want := range []string{"notices.settle_ms       500", "history.on              on", "language                -", "/home/ada/.config/portreeve/settings.toml"} {
		if !strings.Contains(list.out, want) {
			t.Errorf("got %q, want %q in it", list.out, want)
		}
	}
	for _, o := range options() {
		if got := f.run(t, "settings", o.key); got.code != 0 || got.out != o.show(&f.settings.Settings)+"\n" {
			t.Errorf("%s: got %+v, want its value", o.key, got)
		}
	}
	if got := f.run(t, "settings", "history.days", "--json"); got.out != "90\n" {
		t.Errorf("as JSON: got %q, want 90", got.out)
	}
	for _, c := range []struct {
		key, value string
		holds      func(reeve.Settings) bool
	}{
		{"notices.settle_ms", "2000", func(s reeve.Settings) bool { return s.Notices.SettleMS == 2000 }},
		{"notices.sound", "on", func(s reeve.Settings) bool { return s.Notices.Sound }},
		{"history.on", "false", func(s reeve.Settings) bool { return !s.History.On }},
		{"polling", "saving", func(s reeve.Settings) bool { return s.Polling == "saving" }},
		{"notices.quiet_from", "23:00", func(s reeve.Settings) bool { return s.Notices.QuietFrom == "23:00" && s.Notices.QuietUntil == "07:00" }},
		{"notices.quiet_until", "", func(s reeve.Settings) bool { return s.Notices.QuietFrom == "" && s.Notices.QuietUntil == "" }},
	} {
		if got := f.run(t, "settings", c.key, c.value); got.code != 0 || len(f.changes) == 0 || !c.holds(f.changes[len(f.changes)-1]) {
			t.Errorf("%s %q: got %+v and %+v, want it changed", c.key, c.value, got, f.changes)
		}
	}
}

func TestAWrongSettingIsRefusedWithWhatItTakes(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"colour", "red", "there is no setting"},
		{"polling", "often", "automatic, fast or saving"},
		{"history.on", "maybe", "on or off"},
		{"history.days", "many", "a whole number"},
		{"language", "tlh", `"", en or de`},
	} {
		f := someSettings()
		got := f.run(t, "settings", c.key, c.value)
		if got.code != exitUsage || !strings.Contains(got.errs, c.want) || len(f.changes) > 0 {
			t.Errorf("%s %s: got %+v, want exit 2 and %q", c.key, c.value, got, c.want)
		}
	}
}
