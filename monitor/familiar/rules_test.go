package familiar

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/process"
)

const (
	sumA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// book is one that knows nothing but has a baseline.
func book() *Book {
	return &Book{HasBaseline: true, EphemeralLow: 32768, EphemeralHigh: 60999, Boot: "b1"}
}

func ruled(change func(*Rule)) *Book {
	r := Rule{ID: "r", Lasting: ForGood, Pattern: Pattern{User: "ada", Subject: Subject{Exe: "/home/ada/bin/shop"}, Proto: "tcp", Scope: Loopback, Ports: "8000"}}
	change(&r)
	return book().WithRule(r)
}

func TestWhatARuleCovers(t *testing.T) {
	const exe = "/home/ada/bin/shop"
	shop := program(exe, "/home/ada")
	sized := shop
	sized.Size = 100
	other := shop
	other.ID = process.ID{PID: 10, Birth: 2}
	gunicorn := program("/usr/bin/python3.11", "/home/ada/src/shop", "/usr/bin/gunicorn")
	inline := program("/usr/bin/python3.11", "/home/ada/src/shop", "-c", "x")
	build := program("/tmp/go-build1/b001/exe/shop", "/home/ada/src/shop/api")
	build.Project = "/home/ada/src/shop"
	deleted := program("/home/ada/src/shop/bin/api", "/home/ada")
	deleted.Deleted = true
	for name, c := range map[string]struct {
		rule func(*Rule)
		at   string
		who  process.Info
		sum  string
		want Verdict
	}{
		"a range covers its first port":                     {func(r *Rule) { r.Ports = "3000-3999" }, "127.0.0.1:3000", shop, "", Familiar},
		"a range covers its last port":                      {func(r *Rule) { r.Ports = "3000-3999" }, "127.0.0.1:3999", shop, "", Familiar},
		"a range ends":                                      {func(r *Rule) { r.Ports = "3000-3999" }, "127.0.0.1:4000", shop, "", Unfamiliar},
		"any port is any":                                   {func(r *Rule) { r.Ports = AnyPort }, "127.0.0.1:1", shop, "", Familiar},
		"a port that is no port covers nothing":             {func(r *Rule) { r.Ports = "http" }, "127.0.0.1:80", shop, "", Unfamiliar},
		"this process is covered by its rule":               {func(r *Rule) { r.Lasting, r.Boot, r.Process = ThisProcess, "b1", shop.ID }, "127.0.0.1:8000", shop, "", Familiar},
		"another process of that number is not":             {func(r *Rule) { r.Lasting, r.Boot, r.Process = ThisProcess, "b1", shop.ID }, "127.0.0.1:8000", other, "", Unfamiliar},
		"a rule until the restart counts until then":        {func(r *Rule) { r.Lasting, r.Boot = UntilRestart, "b1" }, "127.0.0.1:8000", other, "", Familiar},
		"a rule from before the restart has lapsed":         {func(r *Rule) { r.Lasting, r.Boot = UntilRestart, "b0" }, "127.0.0.1:8000", shop, "", Unfamiliar},
		"a rule for a process from before the restart has":  {func(r *Rule) { r.Lasting, r.Boot, r.Process = ThisProcess, "b0", shop.ID }, "127.0.0.1:8000", shop, "", Unfamiliar},
		"a rule for an unknown run of the machine has":      {func(r *Rule) { r.Lasting = UntilRestart }, "127.0.0.1:8000", shop, "", Unfamiliar},
		"the same hash is the same program":                 {func(r *Rule) { r.Subject.SHA256, r.Subject.Size = sumA, 100 }, "127.0.0.1:8000", sized, sumA, Familiar},
		"another hash is another program":                   {func(r *Rule) { r.Subject.SHA256, r.Subject.Size = sumA, 100 }, "127.0.0.1:8000", sized, sumB, Unfamiliar},
		"another size needs no hash":                        {func(r *Rule) { r.Subject.SHA256, r.Subject.Size = sumA, 99 }, "127.0.0.1:8000", sized, "", Unfamiliar},
		"a hash that is not known yet counts as the same":   {func(r *Rule) { r.Subject.SHA256, r.Subject.Size = sumA, 100 }, "127.0.0.1:8000", sized, "", Familiar},
		"a folder covers a program in it":                   {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/bin"}, AnyPort }, "127.0.0.1:1", shop, "", Familiar},
		"a folder covers what is deep below it":             {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada"}, AnyPort }, "127.0.0.1:1", shop, "", Familiar},
		"a folder with a slash at its end is the same":      {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/bin/"}, AnyPort }, "127.0.0.1:1", shop, "", Familiar},
		"a folder whose name begins the same is another":    {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/bi"}, AnyPort }, "127.0.0.1:1", shop, "", Unfamiliar},
		"a folder never covers the network":                 {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/bin"}, AnyPort }, "0.0.0.0:1", shop, "", Unfamiliar},
		"not even where its rule was written so":            {func(r *Rule) { r.Subject, r.Ports, r.Scope = Subject{Folder: "/home/ada/bin"}, AnyPort, Network }, "0.0.0.0:1", shop, "", Unfamiliar},
		"a folder covers builds of its project":             {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/src"}, AnyPort }, "127.0.0.1:1", build, "", Familiar},
		"a folder covers code that was typed in it":         {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/src"}, AnyPort }, "127.0.0.1:1", inline, "", Familiar},
		"a folder covers a launcher that works in it":       {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/src"}, AnyPort }, "127.0.0.1:1", gunicorn, "", Familiar},
		"a folder does not cover a program started from it": {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/src"}, AnyPort }, "127.0.0.1:1", program("/usr/bin/nc", "/home/ada/src"), "", Unfamiliar},
		"a folder does not cover a deleted program":         {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/src"}, AnyPort }, "127.0.0.1:1", deleted, "", Unfamiliar},
		"a script without a folder covers any":              {func(r *Rule) { r.Subject = Subject{Exe: "/usr/bin/python3.11", Script: "/usr/bin/gunicorn"} }, "127.0.0.1:8000", gunicorn, "", Familiar},
		"a script in another folder is another": {func(r *Rule) {
			r.Subject = Subject{Exe: "/usr/bin/python3.11", Script: "/usr/bin/gunicorn", Dir: "/home/ada/blog"}
		}, "127.0.0.1:8000", gunicorn, "", Unfamiliar},
		"an interpreter alone covers whatever it runs":        {func(r *Rule) { r.Subject = Subject{Exe: "/usr/bin/python3.11"} }, "127.0.0.1:8000", gunicorn, "", Familiar},
		"a test build is covered by its project":              {func(r *Rule) { r.Subject = Subject{Build: "/home/ada/src/shop"} }, "127.0.0.1:8000", build, "", Familiar},
		"a test build of another project is not":              {func(r *Rule) { r.Subject = Subject{Build: "/home/ada/src/blog"} }, "127.0.0.1:8000", build, "", Unfamiliar},
		"a rule for TCP does not cover another user's":        {func(r *Rule) { r.User = "bob" }, "127.0.0.1:8000", shop, "", Unfamiliar},
		"a rule for UDP does not cover TCP":                   {func(r *Rule) { r.Proto = "udp" }, "127.0.0.1:8000", shop, "", Unfamiliar},
		"a container is not covered by the machine's program": {func(r *Rule) {}, "127.0.0.1:8000", process.Info{ID: shop.ID, Exe: exe, User: "ada", Container: "0123456789abcdef"}, "", Unfamiliar},
	} {
		t.Run(name, func(t *testing.T) {
			l := listening(c.at, c.who)
			l.SHA256 = c.sum
			if got := NewJudge(ruled(c.rule)).Of(l); got.Verdict != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}

func TestTheBaselineHoldsAgainstTheFile(t *testing.T) {
	shop := program("/home/ada/bin/shop", "/home/ada")
	shop.Size = 100
	here := book().WithBaseline([]Listening{listening("127.0.0.1:8000", shop)})
	sealed := book().WithBaseline([]Listening{listening("127.0.0.1:8000", shop)})
	sealed.Baseline[0].Subject.SHA256, sealed.Baseline[0].Subject.Size = sumA, 100
	for name, c := range map[string]struct {
		book *Book
		sum  string
		size int64
		want Opinion
	}{
		"without a hash any file at its path was here": {here, sumB, 99, Opinion{Verdict: Baseline}},
		"the same hash was here":                       {sealed, sumA, 100, Opinion{Verdict: Baseline}},
		"a hash that is not known yet has to be":       {sealed, "", 100, Opinion{Verdict: Baseline, Unsure: true}},
		"another hash is new, since it was updated":    {sealed, sumB, 100, Opinion{Verdict: Unfamiliar, Why: Why{Reason: Updated, Like: sealed.Baseline[0]}}},
		"another size is new without a hash":           {sealed, "", 99, Opinion{Verdict: Unfamiliar, Why: Why{Reason: Updated, Like: sealed.Baseline[0]}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := listening("127.0.0.1:8000", shop)
			l.Owners[0].Size, l.SHA256 = c.size, c.sum
			if got := NewJudge(c.book).Of(l); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
	if gone := sealed.WithoutBaseline(listening("127.0.0.1:8000", shop)); len(gone.Baseline) != 0 {
		t.Errorf("questioned: got %+v still in the baseline, want nothing", gone.Baseline)
	}
}

func TestWhySomethingIsNewThoughItsLikeIsKnown(t *testing.T) {
	const exe = "/home/ada/bin/shop"
	shop := program(exe, "/home/ada")
	shop.Size = 100
	with := func(change func(*process.Info)) process.Info {
		o := shop
		change(&o)
		return o
	}
	hashed := func(r *Rule) { r.Subject.SHA256, r.Subject.Size = sumA, 100 }
	plain := func(*Rule) {}
	python := func(r *Rule) {
		r.Subject = Subject{Exe: "/usr/bin/python3.11", Module: "http.server", Dir: "/home/ada/shop"}
	}
	for name, c := range map[string]struct {
		rule func(*Rule)
		at   string
		who  process.Info
		sum  string
		want Reason
	}{
		"nothing like it is known":                         {plain, "127.0.0.1:8000", program("/usr/bin/nc", "/"), "", NoReason},
		"the same port, open to the network":               {plain, "0.0.0.0:8000", shop, "", NowOpen},
		"another port, open to the network":                {plain, "0.0.0.0:9000", shop, "", NowOpen},
		"the network in IPv6":                              {plain, "[::]:8000", shop, "", NowOpen},
		"open to the network, from a folder that is known": {func(r *Rule) { r.Subject, r.Ports = Subject{Folder: "/home/ada/bin"}, AnyPort }, "0.0.0.0:1", shop, "", NowOpen},
		"another port":                                     {plain, "127.0.0.1:8001", shop, "", OtherPort},
		"another port of what is known on the network":     {func(r *Rule) { r.Scope = Network }, "0.0.0.0:8001", shop, "", OtherPort},
		"a changed hash":                                   {hashed, "127.0.0.1:8000", shop, sumB, Updated},
		"a changed size":                                   {hashed, "127.0.0.1:8000", with(func(o *process.Info) { o.Size = 7 }), "", Updated},
		"a deleted file":                                   {plain, "127.0.0.1:8000", with(func(o *process.Info) { o.Deleted = true }), "", NowDeleted},
		"a file that only seems to be at the path":         {plain, "127.0.0.1:8000", with(func(o *process.Info) { o.Elsewhere = true }), "", NowElsewhere},
		"a file in memory of the same name":                {func(r *Rule) { r.Subject.Exe = "/usr/bin/memfd:shop" }, "127.0.0.1:8000", with(func(o *process.Info) { o.Exe, o.Memfd, o.Deleted = "/memfd:shop", true, true }), "", NowMemfd},
		"the same name at another path":                    {plain, "127.0.0.1:8000", with(func(o *process.Info) { o.Exe = "/tmp/x/shop" }), "", OtherFile},
		"an interpreter that runs something else":          {python, "127.0.0.1:8000", program("/usr/bin/python3.11", "/home/ada/shop", "evil.py"), "", OtherScript},
		"an interpreter in another folder":                 {python, "127.0.0.1:8000", program("/usr/bin/python3.11", "/home/ada/blog", "-m", "http.server"), "", OtherScript},
		"a copy of an interpreter":                         {python, "127.0.0.1:8000", program("/tmp/python3.11", "/home/ada/shop", "-m", "http.server"), "", OtherFile},
		"another user's is nothing like it":                {plain, "127.0.0.1:8000", with(func(o *process.Info) { o.User = "bob" }), "", NoReason},
	} {
		t.Run(name, func(t *testing.T) {
			l := listening(c.at, c.who)
			l.SHA256 = c.sum
			got := NewJudge(ruled(c.rule)).Of(l)
			if got.Verdict != Unfamiliar || got.Why.Reason != c.want {
				t.Errorf("got %s because of %q, want unfamiliar because of %q", got.Verdict, got.Why.Reason, c.want)
			}
			if got.Why.Reason != NoReason && !got.Why.Ruled {
				t.Errorf("got %+v, want the rule named as what it is like", got.Why)
			}
		})
	}
	was := book().WithBaseline([]Listening{listening("127.0.0.1:8000", shop)})
	if got := NewJudge(was).Of(listening("0.0.0.0:8000", shop)).Why; got.Reason != NowOpen || got.Ruled {
		t.Errorf("like the baseline: got %+v, want open and no rule", got)
	}
	if got := NewJudge(ruled(plain)).Of(listening("127.0.0.1:8000", shop)).Why; got != (Why{}) {
		t.Errorf("of what is known: got %+v, want no reason", got)
	}
}

func TestChoicesWidenFromTheNarrowestSensibleOne(t *testing.T) {
	const home, shop = "/home/ada", "/home/ada/src/shop"
	in := func(exe string, args ...string) process.Info {
		o := program(exe, shop, args...)
		o.Project = shop
		return o
	}
	server := in("/usr/bin/python3.11", "server.py")
	worker := listening("127.0.0.1:9000", in(shop+"/bin/worker"))
	deleted := in(shop + "/bin/api")
	deleted.Deleted = true
	for name, c := range map[string]struct {
		at     string
		who    process.Info
		others []Listening
		want   string
	}{
		"a fixed port": {"127.0.0.1:8000", server, nil,
			"*this_port 8000 loopback good,restart,process; any_port any loopback good,restart,process"},
		"a port that it was given": {"127.0.0.1:40000", server, nil,
			"this_port 40000 loopback good,restart,process; *any_port ephemeral loopback good,restart,process"},
		"open to the network": {"0.0.0.0:8000", server, []Listening{worker},
			"*this_port 8000 network good,restart,process; any_port any network good,restart,process"},
		"the second program of a folder": {"127.0.0.1:8000", server, []Listening{worker},
			"*this_port 8000 loopback good,restart,process; any_port any loopback good,restart,process; folder any loopback good,restart"},
		"a second listener of the same program": {"127.0.0.1:8000", server, []Listening{listening("127.0.0.1:8001", server)},
			"*this_port 8000 loopback good,restart,process; any_port any loopback good,restart,process"},
		"code that was typed in": {"127.0.0.1:8000", in("/usr/bin/python3.11", "-c", "x"), nil,
			"*this_port 8000 loopback process; any_port any loopback process"},
		"a program in a folder for temporary files": {"127.0.0.1:8000", program("/tmp/x", "/"), nil,
			"*this_port 8000 loopback process; any_port any loopback process"},
		"a script in a folder for temporary files": {"127.0.0.1:8000", program("/usr/bin/python3.11", "/tmp", "x.py"), nil,
			"*this_port 8000 loopback process; any_port any loopback process"},
		"a deleted program": {"127.0.0.1:8000", deleted, []Listening{worker},
			"*this_port 8000 loopback process; any_port any loopback process"},
		"a program of the home itself": {"127.0.0.1:8000", program(home+"/x", home), []Listening{worker},
			"*this_port 8000 loopback good,restart,process; any_port any loopback good,restart,process"},
		"a program of the system": {"127.0.0.1:8000", program("/usr/sbin/nginx", "/"), []Listening{listening("127.0.0.1:1", program("/usr/sbin/sshd", "/"))},
			"*this_port 8000 loopback good,restart,process; any_port any loopback good,restart,process"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			l := listening(c.at, c.who)
			for _, choice := range book().Choices(l, append(c.others, l), home) {
				ways := make([]string, len(choice.Lasting))
				for i, way := range choice.Lasting {
					ways[i] = string(way)
				}
				star := ""
				if choice.Suggested {
					star = "*"
				}
				got = append(got, fmt.Sprintf("%s%s %s %s %s", star, choice.Key, choice.Ports, choice.Scope, strings.Join(ways, ",")))
				rule := choice.Rule(l, book(), choice.Lasting[0])
				rule.ID = "r"
				if err := rule.Check(); err != nil {
					t.Errorf("the rule of %s: got %v, want one that can be stored", choice.Key, err)
				}
				if v := book().WithRule(rule).Judge(l); v != Familiar {
					t.Errorf("with the rule of %s: got %s, want familiar", choice.Key, v)
				}
			}
			if got := strings.Join(got, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	hidden := Listening{Socket: listening("0.0.0.0:40000", server).Socket, Unit: "ssh.service"}
	if got := book().Choices(hidden, nil, home); len(got) != 1 || got[0].Ports != "40000" || !got[0].Suggested {
		t.Errorf("a hidden owner: got %+v, want this port alone", got)
	}
	if got := ruled(func(r *Rule) { r.Subject.Exe = shop + "/bin/worker" }).Choices(listening("127.0.0.1:8000", server), nil, home); len(got) != 3 {
		t.Errorf("beside a known program of the folder: got %d choices, want 3", len(got))
	}
}

func TestTryingARuleTellsWhatItWouldHaveCovered(t *testing.T) {
	rule := ruled(func(r *Rule) { r.Ports, r.Lasting = "3000-3999", ThisProcess }).Rules[0]
	try := Try(book(), rule)
	covers := func(was Pattern, port uint16) bool { return slices.Equal(try(was, port), []string{"r"}) }
	for port, want := range map[uint16]bool{3000: true, 3500: true, 4000: false} {
		was := rule.Pattern
		was.Ports = Exactly(port)
		if got := covers(was, port); got != want {
			t.Errorf("port %d: got %v, want %v", port, got, want)
		}
	}
	open := rule.Pattern
	open.Scope = Network
	if covers(open, 3000) {
		t.Error("open to the network: got covered, want not")
	}
}

func TestCoveringRulesComeOldestFirst(t *testing.T) {
	l := listening("127.0.0.1:8000", program("/home/ada/bin/shop", "/"))
	b := ruled(func(r *Rule) { r.ID, r.Since = "young", time.Unix(9, 0) })
	old := b.Rules[0]
	old.ID, old.Since, old.Ports = "old", time.Unix(1, 0), AnyPort
	if got := b.WithRule(old).Covering(l); !slices.Equal(got, []string{"old", "young"}) {
		t.Errorf("got %v, want [old young]", got)
	}
}

// manyRules makes n rules of different programs, and folders among them.
func manyRules(n int) *Book {
	b := book()
	for i := range n {
		s := Subject{Exe: "/home/ada/bin/p" + strconv.Itoa(i)}
		switch i % 4 {
		case 1:
			s = Subject{Exe: "/usr/bin/python3.11", Script: "/home/ada/src/s" + strconv.Itoa(i) + "/a.py"}
		case 2:
			s = Subject{Folder: "/home/ada/work/f" + strconv.Itoa(i)}
		case 3:
			s.SHA256, s.Size = sumA, 100
		}
		b.Rules = append(b.Rules, Rule{ID: "r" + strconv.Itoa(i), Pattern: Pattern{User: "ada", Subject: s, Proto: "tcp", Scope: Loopback, Ports: AnyPort}})
	}
	return b
}

// manyListeners makes n listeners; a third of them is new.
func manyListeners(n int) []Listening {
	ls := make([]Listening, n)
	for i := range ls {
		who := program("/home/ada/bin/p"+strconv.Itoa(i%1200), "/home/ada")
		if i%3 == 0 {
			who = program("/usr/bin/python3.11", "/home/ada/src/s"+strconv.Itoa(i%2000), "a.py")
		}
		ls[i] = listening("127.0.0.1:1", who)
		ls[i].Local = netip.AddrPortFrom(ls[i].Local.Addr(), uint16(1+i%60000))
	}
	return ls
}

func BenchmarkJudging10000ListenersBy1000Rules(b *testing.B) {
	j, ls := NewJudge(manyRules(1000)), manyListeners(10000)
	b.ReportAllocs()
	for b.Loop() {
		for i := range ls {
			j.Of(ls[i])
		}
	}
}

// TestManyRulesCostNoMoreThanFew holds the index: without it a thousand rules
// cost about a thousand times as much as one.
func TestManyRulesCostNoMoreThanFew(t *testing.T) {
	ls := manyListeners(2000)
	cost := func(j *Judge) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			for i := range ls {
				j.Of(ls[i])
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	few, many := cost(NewJudge(manyRules(4))), cost(NewJudge(manyRules(4000)))
	if many > 20*few {
		t.Errorf("4,000 rules took %v, 4 took %v: want less than 20 times as much", many, few)
	}
}
