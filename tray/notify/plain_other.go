//go:build !linux && !windows && !darwin

package notify

import "errors"

// showPlain says that there are no notices without buttons here.
func showPlain(app, title, body string, icon []byte) error {
	return errors.ErrUnsupported
}
