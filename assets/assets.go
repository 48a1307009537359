// Package assets holds Portreeve's pictures and the translations of its window.
// The vectors in icons/*.svg are the originals; the PNG files beside them are
// made from those by go generate and are what a program gets, since tray hosts
// leave vectors blank.
//
//	assets.go      what a program asks for
//	render/        the generator; its test tells when the PNG files are stale
//	translations/  the window's words: the English text, then what it is called
package assets

import (
	"embed"
	"fmt"
)

//go:generate go run ./render icons

//go:embed icons/*.png
var files embed.FS

//go:embed translations/*.json
var translations embed.FS

// Translations gives the folder of the window's translations, one file for a
// language: the text in English, then in that language, as fyne.io/fyne/v2/lang
// reads it. English has a file for its plurals alone.
func Translations() (all embed.FS, folder string) { return translations, "translations" }

// Mark is one of the states that the icon can show. Each differs from the
// others by its shape, not only by its colour.
type Mark string

// The marks. Quiet is the program's own icon, too.
const (
	Quiet  Mark = "quiet"
	New    Mark = "new"
	Paused Mark = "paused"
)

// Marks lists all marks. The slice is the caller's.
func Marks() []Mark { return []Mark{Quiet, New, Paused} }

// Sizes lists the edge lengths, in pixels and ascending, that PNG has: those of
// the icon theme specification of freedesktop, with 22 for panels. The slice is
// the caller's.
func Sizes() []int { return []int{16, 22, 24, 32, 48, 64, 128, 256} }

// PNG returns the square picture of a mark with the given edge length in pixels.
// It fails for a size that Sizes does not list. The bytes are the caller's.
func PNG(m Mark, size int) ([]byte, error) {
	data, err := files.ReadFile(fmt.Sprintf("icons/%s-%d.png", m, size))
	if err != nil {
		return nil, fmt.Errorf("read icon: %w", err)
	}
	return data, nil
}
