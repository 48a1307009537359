package window

import (
	"context"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

// drawPictures is the variable of the environment that has the golden pictures
// drawn anew instead of compared, with the tag that the program is built with:
// PORTREEVE_PICTURES=draw go test -tags no_emoji ./tray/window.
const drawPictures = "PORTREEVE_PICTURES"

// The fonts that the pictures are drawn with are Fyne's own, which are part of
// the program; the glyphs' edges may still differ a little between processors.
const (
	sameColour = 24    // the most that a channel of one pixel may differ
	sameShare  = 0.002 // of all pixels, how many may differ by more
)

// looksAs compares the page that is shown with testdata/NAME-light.png and NAME-dark.png.
func (d *desk) looksAs(name string) {
	d.t.Helper()
	for _, mode := range []string{"light", "dark"} {
		wear(mode)
		d.settled()
		got := pageOf(d.win.Canvas().Capture())
		file := filepath.Join("testdata", name+"-"+mode+".png")
		if os.Getenv(drawPictures) != "" {
			write(d.t, file, got)
			continue
		}
		want, err := read(file)
		if err != nil {
			d.t.Errorf("golden picture: %v; %s=draw makes it", err, drawPictures)
			continue
		}
		if share := differing(got, want); share > sameShare {
			failed := filepath.Join("testdata", "failed", name+"-"+mode+".png")
			write(d.t, failed, got)
			d.t.Errorf("%s: got %.2f %% of its pixels different, want at most %.2f %%; what was drawn is %s",
				file, 100*share, 100*sameShare, failed)
		}
	}
	wear("light")
}

// illustrates draws the whole window for the documentation, where pictures are
// drawn anew.
func (d *desk) illustrates(name, mode string) {
	d.t.Helper()
	if os.Getenv(drawPictures) == "" {
		return
	}
	wear(mode)
	d.settled()
	write(d.t, filepath.Join("../../docs/pictures", name+".png"), d.win.Canvas().Capture())
	wear("light")
}

// pageOf leaves out the navigation, so that a new page changes no other's picture.
func pageOf(whole image.Image) image.Image {
	area := whole.Bounds()
	area.Min.X += navWidth
	return whole.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(area)
}

// settled runs what a change of the theme makes widgets ask for.
func (d *desk) settled() {
	for {
		select {
		case f := <-d.queue:
			f()
		default:
			d.refresh()
			return
		}
	}
}

// differing is the share of the pixels that differ by more than sameColour.
func differing(got, want image.Image) float64 {
	a, b := plainPixels(got), plainPixels(want)
	if a.Rect.Size() != b.Rect.Size() {
		return 1
	}
	far := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for c := range 3 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > sameColour || d < -sameColour {
				far++
				break
			}
		}
	}
	return float64(far) / float64(len(a.Pix)/4)
}

func plainPixels(p image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: p.Bounds().Size()})
	draw.Draw(out, out.Rect, p, p.Bounds().Min, draw.Src)
	return out
}

func read(file string) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

func write(t testing.TB, file string, picture image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
}

// scene is a desk with what a developer's computer may have.
func scene(t *testing.T, first reeve.ShowRequest) *desk {
	t.Helper()
	at := func(id string, port uint16, verdict, program, place string, change ...func(*reeve.Listener)) reeve.Listener {
		l := listener(id, port, verdict)
		l.Program, l.Place, l.Owners[0].Name = program, place, program
		l.Owners[0].Cmdline, l.Owners[0].Dir, l.Owners[0].Exe = []string{"/usr/bin/" + program}, "/home/alice", "/usr/bin/"+program
		for _, c := range change {
			c(&l)
		}
		return l
	}
	shop := func(l *reeve.Listener) {
		l.Project, l.Origin = "~/src/shop", reeve.Origin{Key: "tty2", Kind: reeve.OriginTerminal, Label: "Terminal"}
		l.Owners[0].Dir, l.Owners[0].Parents = "/home/alice/src/shop", []string{"bash", "gnome-terminal-server", "systemd"}
		l.Since = noon.Add(-40 * time.Minute).Format(time.RFC3339)
	}
	open := func(l *reeve.Listener) {
		l.Address, l.Scope, l.Reach = "0.0.0.0", scopeNetwork, "Open to your network. A firewall may still block it."
	}
	system := func(l *reeve.Listener) {
		l.Owners[0].User, l.Owners[0].Unit = "root", l.Program+".service"
		l.Origin = reeve.Origin{Key: "unit:" + l.Program, Kind: reeve.OriginSystem, Label: l.Program + ".service"}
	}
	d := openSilent(t, first)
	d.verbs.explain = func(context.Context, reeve.ExplainRequest) (*reeve.Explanation, error) { return explanation(), nil }
	d.feed(snapshot(
		at("py", 62893, verdictNew, "python3", "http.server in ~/src/shop", shop, func(l *reeve.Listener) {
			l.Owners[0].Cmdline = []string{"python3", "-m", "http.server", "62893", "--bind", "127.0.0.1"}
		}),
		at("vite", 5173, verdictNew, "node", "vite in ~/src/shop", shop, open),
		at("pg", 5432, verdictKnown, "postgres", "", func(l *reeve.Listener) {
			l.Origin = reeve.Origin{Key: "c", Kind: reeve.OriginContainer, Label: "shop-db"}
			l.Since = noon.AddDate(0, 0, -3).Format(time.RFC3339)
		}),
		at("gopls", 39211, verdictKnown, "gopls", "in ~/src/portreeve", func(l *reeve.Listener) {
			l.Project, l.Origin = "~/src/portreeve", reeve.Origin{Key: "code", Kind: reeve.OriginIDE, Label: "Visual Studio Code"}
			l.Since = noon.Add(-3 * time.Hour).Format(time.RFC3339)
		}),
		at("old", 8080, verdictBaseline, "java", "shop.jar in /tmp/build-7f3a", func(l *reeve.Listener) {
			l.Look = "its program file has been deleted"
			l.Origin = reeve.Origin{Key: "ide", Kind: reeve.OriginIDE, Label: "PyCharm", Ended: true}
		}),
		at("spot", 57621, verdictBaseline, "spotify", "", open, func(l *reeve.Listener) {
			l.Origin = reeve.Origin{Key: "desktop", Kind: reeve.OriginDesktop, Label: "the desktop"}
		}),
		at("ssh", 22, verdictBaseline, "sshd", "", open, system),
		at("cups", 631, verdictBaseline, "cupsd", "", system),
		at("dns", 53, verdictBaseline, "systemd-resolved", "", system),
		at("mdns", 40123, verdictBaseline, "firefox", "", func(l *reeve.Listener) { l.Protocol, l.Folded = "udp", true }),
	))
	d.until("the listeners are shown", func() bool { return d.model.complete })
	d.pass(askAfter)
	return d
}

// explanation is what the resident may say of the scene's python3.
func explanation() *reeve.Explanation {
	return &reeve.Explanation{
		Address: "127.0.0.1:62893", Verdict: "answers", Listens: true, Answers: true,
		Summary: "python3 listens here for programs on this computer only: the web server that was started in ~/src/shop.",
		Findings: []reeve.Finding{
			{Part: reeve.PartAddress, Text: "127.0.0.1 is this computer itself: nothing from outside can reach it.", Facts: []string{"loopback, RFC 1122, 3.2.1.3"}},
			{Part: reeve.PartPort, Text: "62893 is a temporary port: the system gives such numbers to whoever asks for any.", Facts: []string{"net.ipv4.ip_local_port_range: 32768 to 60999"}},
			{Part: reeve.PartWho, Text: "python3 runs http.server, started from Terminal 40 minutes ago.", Facts: []string{"pid 62893, user alice"}},
			{Part: reeve.PartAnswer, Text: "It answers within 2 ms, in HTTP.", Facts: []string{"HTTP/1.0 200 OK, Server: SimpleHTTP/0.6 Python/3.11.2"}},
		},
		Try:     []string{"Open http://127.0.0.1:62893/ in a browser."},
		Clients: []reeve.Peer{{Program: "firefox", PID: 3310, Address: "127.0.0.1:51544", State: "established"}},
		Before: []reeve.Spell{{Program: "python3", Place: "http.server in ~/src/shop", Opened: noon.AddDate(0, 0, -1).Format(time.RFC3339),
			Closed: noon.AddDate(0, 0, -1).Add(time.Hour).Format(time.RFC3339)}},
	}
}

func TestTheListenersLookAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	d := scene(t, reeve.ShowRequest{})
	d.looksAs("listeners")
	d.choose("py")
	d.pass(askAfter)
	d.until("the explanation is shown", func() bool { return d.details.explanation != nil })
	d.looksAs("listeners-details")
	d.illustrates("window", "light")
	d.choose("")
	d.grouped.SetChecked(true)
	d.looksAs("listeners-grouped")
	d.illustrates("window-grouped", "dark")
}

func TestTheExplanationLooksAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	d := scene(t, reeve.ShowRequest{Page: reeve.PageExplain})
	d.looksAs("explain-empty")
	p := d.shell.page().(*explainPage)
	p.about("127.0.0.1:62893")
	d.until("the answer is shown", func() bool { return p.said != nil })
	d.looksAs("explain")
}
