package monitor

import (
	"testing"
	"testing/fstest"
)

func TestOnlyAComputerThatDrainsItsOwnBatteryRunsOnIt(t *testing.T) {
	type supply map[string]string
	mains := func(online string) supply { return supply{"type": "Mains", "online": online} }
	battery := func(status string) supply { return supply{"type": "Battery", "status": status} }
	for name, c := range map[string]struct {
		supplies map[string]supply
		want     bool
	}{
		"a desktop has no supplies":                {nil, false},
		"a laptop at the plug":                     {map[string]supply{"AC": mains("1"), "BAT0": battery("Charging")}, false},
		"a laptop that was unplugged":              {map[string]supply{"AC": mains("0"), "BAT0": battery("Discharging")}, true},
		"a full one at the plug":                   {map[string]supply{"AC": mains("1"), "BAT0": battery("Full")}, false},
		"a weak plug that does not cover the need": {map[string]supply{"AC": mains("1"), "BAT0": battery("Discharging")}, false},
		"a laptop that is charged by USB":          {map[string]supply{"ucsi": {"type": "USB", "online": "2"}, "BAT0": battery("Not charging")}, false},
		"the second of two batteries":              {map[string]supply{"BAT0": battery("Not charging"), "BAT1": battery("Discharging")}, true},
		"a mouse's battery is not the computer's":  {map[string]supply{"hid": {"type": "Battery", "status": "Discharging", "scope": "Device"}}, false},
		"a supply without a file is passed over":   {map[string]supply{"x": {}, "BAT0": battery("Discharging")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for s, all := range c.supplies {
				for name, text := range all {
					files[s+"/"+name] = &fstest.MapFile{Data: []byte(text + "\n")}
				}
			}
			if got, err := onBattery(files); got != c.want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}
