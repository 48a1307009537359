//go:build !linux && !darwin

package store

import "errors"

func limitFiles(uint64) error { return errors.ErrUnsupported }
