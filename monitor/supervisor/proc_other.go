//go:build !linux

package supervisor

import (
	"errors"

	"portreeve/monitor/process"
)

// Only Linux has the files that these read.

func managerOf(int32) (managerID, error) { return managerID{}, errors.ErrUnsupported }

func environOf(process.Info) (map[string]string, error) { return nil, errors.ErrUnsupported }

func childrenOf(process.Info) ([]int32, error) { return nil, errors.ErrUnsupported }
