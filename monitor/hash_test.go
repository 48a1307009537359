package monitor

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

// slowHasher takes a while for a file and then knows it.
type slowHasher struct {
	takes time.Duration
	sum   string
	err   error

	mu    sync.Mutex
	known map[process.File]string
	reads int
}

func (h *slowHasher) Known(i process.Info) (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sum, ok := h.known[i.File]
	return sum, ok
}

func (h *slowHasher) Image(ctx context.Context, container string) (string, error) {
	select {
	case <-time.After(h.takes):
		return h.sum, h.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (h *slowHasher) Hash(ctx context.Context, i process.Info) (string, int64, error) {
	select {
	case <-time.After(h.takes):
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads++
	if h.err == nil {
		h.known[i.File] = h.sum
	}
	return h.sum, 0, h.err
}

const (
	goodSum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	badSum  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// hashedBook knows /usr/bin/shop by its hash.
func hashedBook() *familiar.Book {
	return (&familiar.Book{HasBaseline: true}).WithRule(familiar.Rule{ID: "r", Pattern: familiar.Pattern{
		User: "ada", Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.AnyPort,
		Subject: familiar.Subject{Exe: "/usr/bin/shop", SHA256: goodSum},
	}})
}

func TestAHashIsReadBesideTheWatch(t *testing.T) {
	for name, c := range map[string]struct {
		sum  string
		err  error
		want string
	}{
		"the same program stays known and is no news":      {goodSum, nil, "opened familiar"},
		"a changed one is told as soon as it is read":      {badSum, nil, "opened familiar, judged unfamiliar because of updated"},
		"a file that can't be read is not the one known":   {"", errors.New("permission denied"), "opened familiar, judged unfamiliar because of updated"},
		"of a program that has ended meanwhile it is none": {"", process.ErrGone, "opened familiar"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				w, h := newFakeWorld(), &slowHasher{takes: 3 * time.Second, sum: c.sum, err: c.err, known: map[process.File]string{}}
				m := New(w, w, Options{Book: hashedBook(), Hasher: h})
				box := m.Subscribe(0)
				defer box.Close()
				ended := make(chan error)
				go func() { ended <- m.run(ctx, newTimerWaiter()) }()
				time.Sleep(time.Second)
				for _, at := range []string{"127.0.0.1:8080", "127.0.0.1:8081"} {
					if err := w.obey([]string{"listen", "tcp", at, "shop/10"}); err != nil {
						t.Fatal(err)
					}
				}
				reads := w.readings()
				time.Sleep(2 * time.Second)
				if got := w.readings() - reads; got < 19 {
					t.Errorf("while a file was read: got %d readings in 2 s, want the poll to go on", got)
				}
				time.Sleep(5 * time.Second)
				u, _ := box.Take()
				var got []string
				for _, change := range u.Changes {
					if change.Listener.Local != netip.MustParseAddrPort("127.0.0.1:8080") {
						continue
					}
					text := map[Kind]string{Opened: "opened ", Judged: "judged "}[change.Kind] + string(change.Listener.Verdict)
					if why := change.Listener.Why.Reason; why != "" {
						text += " because of " + string(why)
					}
					got = append(got, text)
				}
				if got := strings.Join(got, ", "); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Errorf("run: got %v, want nil", err)
				}
				if c.err == nil && h.reads != 1 { // Run has waited for the hasher
					t.Errorf("the file of one program with two listeners was read %d times, want once", h.reads)
				}
			})
		})
	}
}

func TestAReadingOfItsOwnWaitsForTheHash(t *testing.T) {
	w, h := newFakeWorld(), &slowHasher{sum: badSum, known: map[process.File]string{}}
	if err := w.obey([]string{"listen", "tcp", "127.0.0.1:8080", "shop/10"}); err != nil {
		t.Fatal(err)
	}
	m := New(w, w, Options{Book: hashedBook(), Hasher: h})
	u, err := m.Now(t.Context())
	if err != nil || len(u.Listeners) != 1 || u.Listeners[0].Verdict != familiar.Unfamiliar {
		t.Errorf("got %+v, %v, want it unfamiliar at once", u.Listeners, err)
	}
}

func TestTheWatchEndsWhileAFileIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newFakeWorld()
		if err := w.obey([]string{"listen", "tcp", "127.0.0.1:8080", "shop/10"}); err != nil {
			t.Fatal(err)
		}
		m := New(w, w, Options{Book: hashedBook(), Hasher: &slowHasher{takes: time.Hour, known: map[process.File]string{}}})
		ended := make(chan error)
		go func() { ended <- m.run(ctx, newTimerWaiter()) }()
		time.Sleep(time.Second)
		start := time.Now()
		cancel()
		<-ended
		if d := time.Since(start); d != 0 {
			t.Errorf("got the end after %v, want at once", d)
		}
	})
}

func TestAFileThatIsDeletedUnderItsProgramIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newFakeWorld()
		if err := w.obey([]string{"listen", "tcp", "127.0.0.1:8080", "shop/10"}); err != nil {
			t.Fatal(err)
		}
		book := &familiar.Book{HasBaseline: true}
		for _, l := range w.at(netip.MustParseAddrPort("127.0.0.1:8080")) {
			book = book.WithRule(familiar.Rule{ID: "r", Pattern: book.PatternOf(l)})
		}
		m := New(w, w, Options{Book: book})
		ended := make(chan error)
		go func() { ended <- m.run(ctx, newTimerWaiter()) }()
		time.Sleep(time.Second)
		verdict := func() familiar.Verdict {
			u, err := m.Now(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return u.Listeners[0].Verdict
		}
		remove := func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			for cookie, owners := range w.owners {
				gone := owners[0]
				gone.Deleted = true
				w.owners[cookie], w.changed[cookie] = []process.Info{gone}, true
			}
		}
		remove()
		time.Sleep(2 * time.Second)
		if got := verdict(); got != familiar.Familiar {
			t.Errorf("after its file was deleted: got %s, want familiar", got)
		}
		if err := m.SetBook(ctx, book.WithRule(familiar.Rule{ID: "other", Pattern: familiar.Pattern{User: "x"}})); err != nil {
			t.Fatal(err)
		}
		if got := verdict(); got != familiar.Familiar {
			t.Errorf("after another rule: got %s, want familiar still", got)
		}
		// Another process of the same file was never seen whole.
		w.mu.Lock()
		for cookie, owners := range w.owners {
			next := owners[0]
			next.PID, next.Birth = 11, 11
			w.owners[cookie], w.changed[cookie] = []process.Info{next}, true
		}
		w.mu.Unlock()
		time.Sleep(2 * time.Second)
		if got := verdict(); got != familiar.Unfamiliar {
			t.Errorf("another process of a deleted file: got %s, want unfamiliar", got)
		}
		cancel()
		<-ended
	})
}

func TestAContainersImageIsAskedForBesideTheWatch(t *testing.T) {
	for name, c := range map[string]struct {
		image string
		err   error
		want  familiar.Verdict
	}{
		"the image that is known":       {"nginx:1.27", nil, familiar.Familiar},
		"another image":                 {"evil:1", nil, familiar.Unfamiliar},
		"an image that nobody can tell": {"", errors.New("no engine answers"), familiar.Unfamiliar},
	} {
		t.Run(name, func(t *testing.T) {
			w, h := newFakeWorld(), &slowHasher{sum: c.image, err: c.err, known: map[process.File]string{}}
			if err := w.obey([]string{"listen", "tcp", "127.0.0.1:8080", "nginx/10"}); err != nil {
				t.Fatal(err)
			}
			w.owners[1][0].Container, w.owners[1][0].Elsewhere = "0123456789ab", true
			book := (&familiar.Book{HasBaseline: true}).WithRule(familiar.Rule{ID: "r", Pattern: familiar.Pattern{
				User: "ada", Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.AnyPort,
				Subject: familiar.Subject{Exe: "/usr/bin/nginx", Image: "nginx:1.27"},
			}})
			u, err := New(w, w, Options{Book: book, Hasher: h}).Now(t.Context())
			if err != nil || len(u.Listeners) != 1 || u.Listeners[0].Verdict != c.want {
				t.Errorf("got %+v, %v, want %s", u.Listeners, err, c.want)
			}
			first := familiar.NewJudge(book).Of(w.at(netip.MustParseAddrPort("127.0.0.1:8080"))[0])
			if !first.Unsure || first.Verdict != familiar.Familiar {
				t.Errorf("before it is asked for: got %+v, want familiar and unsure", first)
			}
		})
	}
}
