package process

import "testing"

func TestAUnitNamesItsDesktopApplication(t *testing.T) {
	for unit, want := range map[string]string{
		"app-gnome-org.gnome.Terminal-4711.scope":              "org.gnome.Terminal",
		"app-org.kde.konsole-d2c1a5b0.scope":                   "org.kde.konsole",
		"app-org.kde.konsole@7d2c1a5b0.service":                "org.kde.konsole",
		"app-gnome-google\\x2dchrome-1234.scope":               "google-chrome",
		"app-code@3a1b.service":                                "code",
		"app-firefox.service":                                  "firefox",
		"app-KDE-firefox.service":                              "firefox",
		"app-nm\\x2dapplet@autostart.service":                  "nm-applet",
		"app-flatpak-com.visualstudio.code-99.scope":           "com.visualstudio.code",
		"app-a\\x40b@1.service":                                "a@b",
		"app-gnome-a\\xZZ-1.scope":                             "a\\xZZ",
		"app-gnome-a\\x2-1.scope":                              "a\\x2",
		"app-gnome-visual-studio-code-1.scope":                 "visual-studio-code",
		"app-gnome-\\x41-1.scope":                              "A",
		"app-firefox.scope":                                    "",
		"app-.service":                                         "",
		"app-@1.service":                                       "",
		"app--1.scope":                                         "",
		"app-org.gnome.Terminal.slice":                         "",
		"apple-a-1.scope":                                      "",
		"vte-spawn-0d5f1c2e-41ad-4a7e-9d50-2f4b1fd5a1c7.scope": "",
		"session-3.scope":                                      "",
		"ssh.service":                                          "",
		"dbus-:1.2-org.gnome.Calculator@0.service":             "",
		"": "",
	} {
		got, ok := IsDesktopApp(Info{Unit: unit})
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t, want %q", unit, got, ok, want)
		}
	}
}

func FuzzAppOf(f *testing.F) {
	f.Add("app-gnome-google\\x2dchrome-1234.scope")
	f.Fuzz(func(t *testing.T, unit string) {
		id, ok := appOf(unit)
		if ok != (id != "") || len(id) > len(unit) {
			t.Errorf("%q: got %q, %t, want an id no longer than the unit's name exactly when it is ok", unit, id, ok)
		}
	})
}
