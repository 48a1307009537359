package tray

// What the buttons of notices mean, remembered for as long as they may be pressed.

import (
	"strconv"
	"strings"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// verb is what a button asks for; its name begins the button's key.
type verb string

const (
	verbKnow    verb = "know"
	verbForget  verb = "forget"
	verbStop    verb = "stop"
	verbForce   verb = "force"
	verbDetails verb = "details"
	verbReview  verb = "review"
	verbExample verb = "example"
	verbLogin   verb = "login"
	verbCancel  verb = "cancel"
	verbLeft    verb = "left" // stop what ended sessions have left
)

// meaning is a button's whole meaning. The ids in do are those that the notice
// showed: a press on a notice that was replaced meanwhile still means the old
// ones, and the verb refuses them.
type meaning struct {
	verb  verb
	label string
	do    Do
	// others are more listeners of the same program, for verbKnow.
	others []string
	rules  []string // for verbForget
	owners []string // for verbLeft: exactly those that the notice named
	// request is an offer's, which is sent as it was offered; nil for none.
	request *reeve.StopRequest
}

// meanings remembers what the buttons mean that may still be pressed.
type meanings struct {
	last uint64
	by   map[uint64]meaning
}

// manyMeanings is how many buttons are remembered: far more than can be on a
// screen, few enough for years of running.
const manyMeanings = 4096

func newMeanings() meanings { return meanings{by: make(map[uint64]meaning)} }

// key gives a meaning a key of its own: "stop:17".
func (m *meanings) key(of meaning) string {
	m.last++
	m.by[m.last] = of
	delete(m.by, m.last-manyMeanings)
	return string(of.verb) + ":" + strconv.FormatUint(m.last, 10)
}

func (m *meanings) actions(all ...meaning) []notify.Action {
	var actions []notify.Action
	for _, of := range all {
		actions = append(actions, notify.Action{Key: m.key(of), Label: of.label})
	}
	return actions
}

func (m *meanings) find(key string) (meaning, bool) {
	_, number, _ := strings.Cut(key, ":")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return meaning{}, false
	}
	of, ok := m.by[n]
	return of, ok
}
