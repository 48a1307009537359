package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"portreeve/assets"
)

func TestCommittedPicturesAreThoseOfTheVectors(t *testing.T) {
	for _, m := range assets.Marks() {
		vector, err := os.ReadFile(filepath.Join("..", "icons", string(m)+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range assets.Sizes() {
			want, err := render(vector, size)
			if err != nil {
				t.Fatal(err)
			}
			data, err := assets.PNG(m, size)
			if err != nil {
				t.Fatal(err)
			}
			committed, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("decode %s %d: %v", m, size, err)
			}
			if n := differing(committed, want); n > 0 {
				t.Errorf("%s %d: got %d pixels unlike the vector's, want 0: run go generate ./assets", m, size, n)
			}
		}
	}
}

// differing counts the pixels that are visibly unlike: one step of a channel is
// left to the floating point of other processors.
func differing(a, b image.Image) int {
	if a.Bounds() != b.Bounds() {
		return a.Bounds().Dx() * a.Bounds().Dy()
	}
	n := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			for _, d := range [][2]uint32{{ar, br}, {ag, bg}, {ab, bb}, {aa, ba}} {
				if max(d[0], d[1])-min(d[0], d[1]) > 2*0x101 {
					n++
					break
				}
			}
		}
	}
	return n
}

func TestRenderRefusesWhatIsNoVector(t *testing.T) {
	if _, err := render([]byte("not a picture <"), 16); err == nil {
		t.Error("got a picture, want an error")
	}
}
