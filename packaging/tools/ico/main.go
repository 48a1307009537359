// Command ico makes a Windows icon of PNG pictures.
// Usage: ico OUT.ico 16.png 32.png ...
package main

import (
	"fmt"
	"image"
	"image/png"
	"os"

	"github.com/sergeymakinen/go-ico"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: ico OUT.ico PNG...")
		os.Exit(2)
	}
	if err := convert(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func convert(out string, pictures []string) error {
	var all []image.Image
	for _, name := range pictures {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read picture: %w", err)
		}
		picture, err := png.Decode(f)
		_ = f.Close() // it was only read
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		all = append(all, picture)
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("write icon: %w", err)
	}
	if err := ico.EncodeAll(f, all); err != nil {
		_ = f.Close() // the first error counts
		return fmt.Errorf("write icon: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write icon: %w", err)
	}
	return nil
}
