//go:build e2e && linux

package e2e

import (
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// performance is one part while it is played.
type performance struct {
	*day
	t       testing.TB
	part    part
	news    bool // it is to be told
	notice0 int  // the notices before it
	sight0  int  // the listeners before it
	plain0  int  // the plain watcher's notices before it
	clicks  int
	called  []string // the names that the resident has for it
	first   *counted // by which it was told
	digest  bool
}

func (d *day) perform(t testing.TB, what part, news bool) *performance {
	p := &performance{day: d, t: t, part: what, news: news}
	p.notice0 = len(d.notices.all())
	p.sight0, p.plain0 = d.lookout.counts()
	return p
}

// shell types a line into a shell. What it starts ends with the part.
func (p *performance) shell(dir, line string, settings ...string) *child {
	p.t.Helper()
	// The exit keeps the shell from becoming the program.
	command := p.command(dir, "bash", "-c", line+"\nexit $?")
	command.Env = append(slices.Clone(command.Env), settings...)
	return p.start(command)
}

// start starts a command whose end is Ctrl-C, as people end what they started.
func (p *performance) start(command *exec.Cmd) *child {
	p.t.Helper()
	before := len(p.open())
	c := startChild(p.t, p.logs, command)
	p.t.Cleanup(func() {
		p.interrupt(c)
		if !tryFor(5*time.Second, func() bool { return len(p.open()) <= before }) {
			p.t.Errorf("got listeners %v after the end of %s, want none of it", p.open(), p.part.name)
		}
	})
	return c
}

// interrupt presses Ctrl-C and waits for the end of the program.
func (p *performance) interrupt(c *child) {
	_ = syscall.Kill(-c.pid, syscall.SIGINT)
	tryFor(5*time.Second, c.ended)
	c.end()
}

// open lists the listeners of this part that are open.
func (p *performance) open() []sighting {
	return slices.DeleteFunc(p.lookout.since(p.sight0), func(s sighting) bool { return s.gone })
}

// leaveAside lets what was started so far be no matter of this part.
func (p *performance) leaveAside() { p.sight0, p.plain0 = p.lookout.counts() }

// listens waits until n listeners of this part are open.
func (p *performance) listens(n int) {
	p.t.Helper()
	if !tryFor(60*time.Second, func() bool { return len(p.open()) >= n }) {
		p.t.Fatalf("got listeners %v of %s, want %d", p.open(), p.part.name, n)
	}
}

// Programs that run for people run longer than this. It is more than the 500 ms
// after which the README says that a listener is told.
const lifetime = 900 * time.Millisecond

// People read a notice before they answer it, and so a second one of the same
// program has its chance to come: the README allows one in 2 s.
const reading = 3 * time.Second

// told waits until the part is told, if it is to be told and was not yet, and
// gives what was started the time that people give it.
func (p *performance) told() {
	p.t.Helper()
	limit := noticeSpan + 10*time.Second
	if p.hasty {
		limit = 20 * time.Second
	}
	if p.news && p.first == nil {
		if !tryFor(limit, p.isTold) { // which the goals judge
			all, err := p.list()
			p.t.Logf("not told; listed %+v, %v", all, err)
		}
	}
	open := p.open()
	if len(open) == 0 {
		return
	}
	if p.first != nil && len(open) > 1 {
		time.Sleep(time.Until(p.first.at.Add(reading)))
	}
	last := slices.MaxFunc(open, func(a, b sighting) int { return a.first.Compare(b.first) })
	time.Sleep(time.Until(last.first.Add(lifetime)))
	p.isTold()
}

// aDigest is the title of a notice of several newcomers.
var aDigest = regexp.MustCompile(`^\d+ new `)

// isTold looks for the first notice of this part.
func (p *performance) isTold() bool {
	if p.first != nil {
		return true
	}
	all := p.notices.all()
	for i := p.notice0; i < len(all); i++ {
		n := all[i]
		digest := aDigest.MatchString(n.title)
		named := p.names(n)
		if !named {
			// The listing tells what the resident calls it, and what it marks as new.
			marked := p.marked()
			named = p.calls(n) || digest && marked
		}
		if named && (digest || !n.update) {
			p.first, p.digest = &n, digest
			return true
		}
	}
	return false
}

// names reports whether a notice names one of the part's ports.
func (p *performance) names(n counted) bool {
	for _, s := range p.lookout.since(p.sight0) {
		if regexp.MustCompile(fmt.Sprintf(`\b%d\b`, s.at.Port())).MatchString(n.title + " " + n.body) {
			return true
		}
	}
	return false
}

// calls reports whether a notice is about a program of this part by its name.
// A stranger's is not enough: others may bear it.
func (p *performance) calls(n counted) bool {
	return !p.part.stranger && slices.ContainsFunc(p.called, func(name string) bool { return strings.Contains(n.title, name) })
}

// marked reports whether all that the part has open is marked as new.
func (p *performance) marked() bool {
	fresh, err := p.unfamiliar()
	return err == nil && len(p.open()) > 0 && len(fresh) >= len(p.open())
}

// unfamiliar lists the part's open listeners that the resident marks as new.
func (p *performance) unfamiliar() ([]netip.AddrPort, error) {
	all, err := p.list()
	if err != nil {
		return nil, err
	}
	mine := make(map[netip.AddrPort]bool)
	for _, s := range p.open() {
		mine[s.at] = true
	}
	var fresh []netip.AddrPort
	for _, l := range all {
		addr, err := netip.ParseAddr(l.Address)
		if err != nil {
			return nil, fmt.Errorf("read the listing: %w", err)
		}
		at := netip.AddrPortFrom(addr, l.Port)
		if l.Protocol != "tcp" || !mine[at] {
			continue
		}
		if l.Program != "" && !slices.Contains(p.called, l.Program) {
			p.called = append(p.called, l.Program)
		}
		if l.Verdict == "unfamiliar" {
			fresh = append(fresh, at)
		}
	}
	return fresh, nil
}

// know says of a program that is new that it is known, and of strangers nothing.
// The user does so until nothing of it is new any more.
func (p *performance) know() {
	p.t.Helper()
	if p.part.stranger || !p.news {
		return
	}
	for range 100 {
		fresh, err := p.unfamiliar()
		if err != nil {
			p.t.Fatal(err)
		}
		if len(fresh) == 0 {
			return
		}
		p.clicks++
		if _, err := p.output(p.home, p.program(), "know", "--yes", fresh[0].String()); err != nil {
			p.t.Fatal(err)
		}
		waitFor(p.t, 5*time.Second, fresh[0].String()+" to be known", func() bool {
			still, err := p.unfamiliar()
			return err == nil && !slices.Contains(still, fresh[0])
		})
	}
	p.t.Errorf("got listeners of %s that are new after %d clicks, want none", p.part.name, p.clicks)
}

// figures counts what came of the part.
func (p *performance) figures() figures {
	seen, plain := p.lookout.counts()
	f := figures{part: p.part, ports: seen - p.sight0, plain: plain - p.plain0, clicks: p.clicks}
	all := p.notices.all()
	for i := p.notice0; i < len(all); i++ {
		n := all[i]
		// All parts are played one after the other, so a digest is of this one.
		if !p.names(n) && !p.calls(n) && !aDigest.MatchString(n.title) {
			continue
		}
		p.notices.claim(i)
		if n.update {
			f.updates++
		} else {
			f.notices++
		}
		f.words = n.title
	}
	if p.first != nil {
		f.told, f.digested, f.words = true, p.digest, p.first.title+": "+p.first.body
		f.after = p.first.at.Sub(p.lookout.since(p.sight0)[0].first)
	}
	return f
}
