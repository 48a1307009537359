// Command render makes the PNG files of a folder from the SVG files in it:
// name.svg becomes name-16.png and so on, one for each of assets.Sizes. It is
// run by go generate in the folder above.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"portreeve/assets"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "error: render needs the folder of the icons")
		os.Exit(2)
	}
	if err := renderAll(os.Args[1], assets.Sizes()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// renderAll renders every vector of the folder in every size.
func renderAll(folder string, sizes []int) error {
	vectors, err := filepath.Glob(filepath.Join(folder, "*.svg"))
	if err != nil {
		return fmt.Errorf("list vectors: %w", err)
	}
	for _, vector := range vectors {
		text, err := os.ReadFile(vector)
		if err != nil {
			return fmt.Errorf("read vector: %w", err)
		}
		for _, size := range sizes {
			picture, err := render(text, size)
			if err != nil {
				return fmt.Errorf("render %s: %w", vector, err)
			}
			var out bytes.Buffer
			if err := png.Encode(&out, picture); err != nil {
				return fmt.Errorf("encode %s: %w", vector, err)
			}
			name := fmt.Sprintf("%s-%d.png", strings.TrimSuffix(vector, ".svg"), size)
			if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
				return fmt.Errorf("write picture: %w", err)
			}
		}
	}
	return nil
}

// render draws a vector on a transparent square of size pixels.
func render(svg []byte, size int) (*image.NRGBA, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("parse vector: %w", err)
	}
	icon.SetTarget(0, 0, float64(size), float64(size))
	canvas := image.NewRGBA(image.Rect(0, 0, size, size))
	icon.Draw(rasterx.NewDasher(size, size, rasterx.NewScannerGV(size, size, canvas, canvas.Bounds())), 1)

	picture := image.NewNRGBA(canvas.Bounds())
	for y := range size {
		for x := range size {
			picture.Set(x, y, canvas.At(x, y))
		}
	}
	return picture, nil
}
