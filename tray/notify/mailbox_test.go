package notify

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheLastWordOnANoticeCounts(t *testing.T) {
	show := func(title string) job { return job{notice: Notice{Key: "k", Title: title}} }
	update := func(title string) job { return job{notice: Notice{Key: "k", Title: title, Update: true}} }
	withdraw := job{notice: Notice{Key: "k"}, withdraw: true}
	other := job{notice: Notice{Key: "other", Title: "other"}}
	for _, c := range []struct {
		name string
		jobs []job
		want string
	}{
		{"a later notice takes the place", []job{show("a"), other, show("b")}, "show b, show other"},
		{"a withdrawal takes the notice with it", []job{show("a"), withdraw}, "withdraw "},
		{"a notice after a withdrawal is shown", []job{withdraw, show("a")}, "show a"},
		{"an update of what was not shown yet is shown", []job{show("a"), update("b")}, "show b"},
		{"an update of an update stays one", []job{update("a"), update("b")}, "update b"},
		{"an update after a withdrawal is nothing", []job{withdraw, update("a")}, "withdraw "},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox()
			for _, j := range c.jobs {
				b.put(j)
			}
			var got []string
			for j, ok := b.take(); ok; j, ok = b.take() {
				what := "show "
				if j.withdraw {
					what = "withdraw "
				} else if j.notice.Update {
					what = "update "
				}
				got = append(got, what+j.notice.Title)
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAFullBoxLosesItsOldest(t *testing.T) {
	b := newBox()
	for i := range boxSize + 3 {
		b.put(job{notice: Notice{Key: fmt.Sprint(i)}})
	}
	if j, _ := b.take(); j.notice.Key != "3" || b.losses() != 3 {
		t.Errorf("got %s first and %d lost, want 3 and 3", j.notice.Key, b.losses())
	}
	b.back(job{notice: Notice{Key: "3"}})
	b.put(job{notice: Notice{Key: "4", Title: "new"}})
	b.back(job{notice: Notice{Key: "4", Title: "old"}})
	b.take()
	if j, _ := b.take(); j.notice.Title != "new" {
		t.Errorf("got %q, want the newer one", j.notice.Title)
	}
}
