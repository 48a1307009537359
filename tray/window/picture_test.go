package window

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"portreeve/monitor/reeve"
)

// drawPictures is the variable of the environment that has the golden pictures
// drawn anew instead of compared: PORTREEVE_PICTURES=draw go test ./tray/window.
const drawPictures = "PORTREEVE_PICTURES"

// The fonts that the pictures are drawn with are Fyne's own, which are part of
// the program; the glyphs' edges may still differ a little between processors.
const (
	sameColour = 24    // the most that a channel of one pixel may differ
	sameShare  = 0.002 // of all pixels, how many may differ by more
)

// looksAs compares the window with testdata/NAME-light.png and NAME-dark.png.
func (d *desk) looksAs(name string) {
	d.t.Helper()
	for _, mode := range []string{"light", "dark"} {
		wear(mode)
		d.settled()
		got := d.win.Canvas().Capture()
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

func differing(got, want image.Image) float64 {
	if got.Bounds() != want.Bounds() {
		return 1
	}
	far, all := 0, got.Bounds().Dx()*got.Bounds().Dy()
	apart := func(a, b uint32) bool { return max(a, b)-min(a, b) > sameColour<<8 }
	for y := got.Bounds().Min.Y; y < got.Bounds().Max.Y; y++ {
		for x := got.Bounds().Min.X; x < got.Bounds().Max.X; x++ {
			r1, g1, b1, _ := got.At(x, y).RGBA()
			r2, g2, b2, _ := want.At(x, y).RGBA()
			if apart(r1, r2) || apart(g1, g2) || apart(b1, b2) {
				far++
			}
		}
	}
	return float64(far) / float64(all)
}

func read(file string) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

func write(t *testing.T, file string, picture image.Image) {
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

func TestTheListenersLookAsDesigned(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"},
		listener("a", 62893, verdictNew), listener("b", 8080, verdictBaseline), listener("c", 5432, verdictKnown))
	d.looksAs("listeners")
}
