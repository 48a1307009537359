package process

import "testing"

func TestAProcessIsAsFarAsItsSlowestThread(t *testing.T) {
	for letters, want := range map[string]State{
		"S": Alive, "R": Alive, "I": Alive, "RS": Alive,
		"T": Stopped, "TT": Stopped, "ZT": Stopped, "ST": Stopped, "tT": Stopped,
		"t": Traced, "tS": Traced,
		"D": Stuck, "SD": Stuck, "DT": Stuck, "TD": Stuck, "ZD": Stuck,
		"Z": Zombie, "ZZ": Zombie, "X": Zombie,
		"ZS": Alive, "SZ": Alive,
		"": 0, "?": 0, "?S": Alive,
	} {
		if got := stateOfThreads([]byte(letters)); got != want {
			t.Errorf("%q: got %v, want %v", letters, got, want)
		}
	}
}
