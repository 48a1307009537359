package reeve

// View is the state in the flat words of the wire, with what led to it, for the
// faces that live in the resident: the tray and the notices. It is immutable
// and may share its listeners with other views.
type View struct {
	Seq       uint64
	Listeners []Listener // by port, address, protocol
	// Events are the changes since the receiver's previous View, oldest first:
	// opened, closed, rebound, owner, judged.
	Events []Event
	// First marks the first reading of this run, NewBaseline one that had
	// nothing stored before it. Neither has Events.
	First, NewBaseline bool
	// OfferLogin tells with a new baseline that a start at login could be offered.
	OfferLogin bool
	// Missed tells that the receiver was too slow and Events lost its oldest.
	Missed bool
	Status Status
	// Notices are the user's settings of what is told; nil for those of a first
	// start.
	Notices *NoticeSettings
}
