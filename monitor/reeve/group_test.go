//go:build linux

package reeve

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// startListeners runs this binary n times in one process group and folder.
func startListeners(t *testing.T, dir string, n int) []netip.AddrPort {
	t.Helper()
	group := 0
	var all []netip.AddrPort
	for range n {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
		all = append(all, startAs(t, cmd))
		if group == 0 {
			group = cmd.Process.Pid
		}
	}
	return all
}

func TestAGroupIsListedFirstAndThenEndsWhole(t *testing.T) {
	project := t.TempDir()
	if err := os.Mkdir(filepath.Join(project, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(project, "web")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{OfGroup, OfProject} {
		t.Run(of, func(t *testing.T) {
			r, _ := newReeve(t, nil)
			places := startListeners(t, sub, 3)
			outsider := startListener(t, "plain")
			l := at(t, r, places[1])
			req := GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: of}
			dry, err := r.StopGroup(t.Context(), req)
			if err != nil || len(dry.Members) != 3 || dry.Text != "" {
				t.Fatalf("dry run: got %+v, %v, want three members", dry, err)
			}
			for i, m := range dry.Members {
				if !slices.Equal(m.Listens, []string{places[i].String()}) {
					t.Errorf("member %d: got %v, want it to listen on %s", i, m.Listens, places[i])
				}
				at(t, r, places[i]) // nothing was stopped
				req.Confirmed = append(req.Confirmed, m.Owner)
			}
			late := startListeners(t, sub, 1)[0] // joins the project after the list
			done, err := r.StopGroup(t.Context(), req)
			if err != nil || done.Text != "3 programs have ended." {
				t.Fatalf("got %+v, %v, want all three ended", done, err)
			}
			at(t, r, outsider)
			at(t, r, late)
		})
	}
}

func TestAGroupOfNothingKnownIsRefused(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	for _, q := range []struct {
		req  GroupRequest
		want string
	}{
		{GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: "friends"}, CodeUsage},
		{GroupRequest{ID: l.ID, Owner: "1.2.3.4", Of: OfGroup}, CodeChanged},
		{GroupRequest{ID: "x", Owner: l.Owners[0].ID, Of: OfGroup}, CodeChanged},
	} {
		if _, err := r.StopGroup(t.Context(), q.req); codeOf(err) != q.want {
			t.Errorf("%s: got %v, want %s", q.req.Of, err, q.want)
		}
	}
}

func TestThisProgramIsSparedOfItsOwnGroup(t *testing.T) {
	r, _ := newReeve(t, nil)
	cmd := exec.Command(os.Args[0]) // in the group of this test
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
	l := at(t, r, startAs(t, cmd))
	g, err := r.StopGroup(t.Context(), GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: OfGroup})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(g.Spared, func(m Member) bool { return strconv.Itoa(int(m.PID)) == strconv.Itoa(os.Getpid()) && m.Why != "" }) {
		t.Errorf("got spared %+v, want this program among them", g.Spared)
	}
}
