package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// ErrNoImage says that nobody tells which image a container is of: no engine
// answers that knows it and may be asked.
var ErrNoImage = errors.New("the image of the container can't be told")

// ImageOf gives the name of the image that a container was made of, as it was
// named then ("nginx:1.27"): it stays the same when the container is made anew.
// The id is the one in the cgroup. It asks the engines on their sockets. The
// error wraps ErrNoImage.
func ImageOf(ctx context.Context, id string) (string, error) {
	return imageOf(ctx, enginePaths(os.Getenv), id)
}

func imageOf(ctx context.Context, engines []string, id string) (string, error) {
	if !plain(id, "_.-") {
		return "", fmt.Errorf("container %s: %w: not a container's id", quoted(id), ErrNoImage)
	}
	var failed error
	for _, path := range engines {
		var c struct{ Config struct{ Image string } }
		_, err := newEngine(path).do(ctx, http.MethodGet, "/containers/"+id+"/json", &c)
		if err == nil && c.Config.Image != "" {
			return c.Config.Image, nil
		}
		if err != nil && !absent(err) && !errors.Is(err, errNoContainer) {
			failed = err
		}
	}
	if failed != nil {
		return "", fmt.Errorf("container %s: %w: %w", short(id), ErrNoImage, failed)
	}
	return "", fmt.Errorf("container %s: %w", short(id), ErrNoImage)
}
