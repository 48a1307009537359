package notify

import (
	"sync"
	"time"
)

// boxSize bounds what waits for a desktop that is slow or away.
const boxSize = 64

// job is one thing that a caller asked for.
type job struct {
	notice   Notice // for a withdrawal only Key is set
	withdraw bool
	at       time.Time // when it was asked for
}

// box holds the jobs until the goroutine that owns the desktop comes for them.
// It holds at most one job for each key and at most boxSize in all; of more, the
// oldest are lost and counted. put never blocks; any goroutine may call it.
type box struct {
	wake chan struct{} // has a token when there may be jobs

	mu   sync.Mutex
	jobs []job
	lost uint64
}

func newBox() *box { return &box{wake: make(chan struct{}, 1)} }

func (b *box) put(j job) {
	j.at = time.Now()
	b.mu.Lock()
	b.jobs = b.merge(j)
	if len(b.jobs) > boxSize {
		b.jobs = append(b.jobs[:0], b.jobs[1:]...)
		b.lost++
	}
	b.mu.Unlock()
	b.rouse()
}

// merge adds j to the jobs, or lets it take the place of one with the same key:
// only the last word on a notice counts.
func (b *box) merge(j job) []job {
	for i, old := range b.jobs {
		if old.notice.Key != j.notice.Key {
			continue
		}
		if !j.withdraw && j.notice.Update {
			if old.withdraw {
				return b.jobs // there will be nothing left to update
			}
			j.notice.Update = old.notice.Update
		}
		b.jobs[i] = j
		return b.jobs
	}
	return append(b.jobs, j)
}

// take hands out the oldest job.
func (b *box) take() (job, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) == 0 {
		return job{}, false
	}
	j := b.jobs[0]
	b.jobs = append(b.jobs[:0], b.jobs[1:]...)
	if len(b.jobs) > 0 {
		b.rouse()
	}
	return j, true
}

// back returns a job that was taken, unless there is a newer one for its key.
func (b *box) back(j job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, other := range b.jobs {
		if other.notice.Key == j.notice.Key {
			return
		}
	}
	if !j.withdraw && len(b.jobs) < boxSize {
		b.jobs = append([]job{j}, b.jobs...)
		b.rouse()
	}
}

// drop throws away all jobs and counts the notices among them.
func (b *box) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range b.jobs {
		if !j.withdraw && !j.notice.Update {
			b.lost++
		}
	}
	b.jobs = b.jobs[:0]
}

// lose counts a notice that was taken and could not be shown.
func (b *box) lose() {
	b.mu.Lock()
	b.lost++
	b.mu.Unlock()
}

func (b *box) losses() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

func (b *box) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
