//go:build linux || freebsd || netbsd || openbsd

package tray

// The icon as org.kde.StatusNotifierItem has it (freedesktop.org,
// "Status Notifier Item"; signatures from KDE's own
// org.kde.StatusNotifierItem.xml).

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/godbus/dbus/v5"

	"portreeve/assets"
)

const (
	itemPath      = dbus.ObjectPath("/StatusNotifierItem")
	itemInterface = "org.kde.StatusNotifierItem"
)

// pixmap is a picture on the bus, signature (iiay): ARGB32, not premultiplied,
// rows from the top, each pixel in network byte order.
type pixmap struct {
	Width, Height int32
	Pixels        []byte
}

// toolTip has the signature (sa(iiay)ss).
type toolTip struct {
	IconName    string
	Icon        []pixmap
	Title, Text string
}

// pixmapSizes are those that panels draw, with the doubled ones of dense
// screens. Each costs every host its bytes, so larger ones are left out.
func pixmapSizes() []int { return []int{16, 22, 24, 32, 48, 64} }

// pixmapsOf makes the pictures of a state.
func pixmapsOf(s State) ([]pixmap, error) {
	mark := assets.Quiet
	switch s {
	case New:
		mark = assets.New
	case Paused:
		mark = assets.Paused
	}
	var all []pixmap
	for _, size := range pixmapSizes() {
		data, err := assets.PNG(mark, size)
		if err != nil {
			return nil, err
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("decode icon %s of %d pixels: %w", mark, size, err)
		}
		all = append(all, pixmapOf(picture))
	}
	return all, nil
}

func pixmapOf(picture image.Image) pixmap {
	b := picture.Bounds()
	p := pixmap{Width: int32(b.Dx()), Height: int32(b.Dy()), Pixels: make([]byte, 0, 4*b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			p.Pixels = append(p.Pixels, c.A, c.R, c.G, c.B)
		}
	}
	return p
}

// exportItem puts the icon on a connection.
func (h *Host) exportItem(conn *dbus.Conn) error {
	activate := func(x, y int32) *dbus.Error {
		h.tell(Gesture{Kind: Activated})
		return nil
	}
	nothing := func(x, y int32) *dbus.Error { return nil }
	return exportObject(conn, itemPath, itemInterface, map[string]any{
		"Activate":          activate,
		"SecondaryActivate": activate,
		"ContextMenu":       nothing, // hosts that call it draw the menu themselves
		"Scroll":            func(delta int32, orientation string) *dbus.Error { return nil },
	}, h.itemProperties)
}

// itemProperties are the properties of the icon as it is now.
func (h *Host) itemProperties() map[string]dbus.Variant {
	h.mu.Lock()
	look := h.look
	h.mu.Unlock()
	v := dbus.MakeVariant
	return map[string]dbus.Variant{
		"Category": v("ApplicationStatus"),
		"Id":       v("portreeve"),
		"Title":    v("Portreeve"),
		// Never Passive, since hosts hide that, and never NeedsAttention, since
		// some blink: the icon itself says what is new.
		"Status":              v("Active"),
		"WindowId":            v(int32(0)),
		"IconName":            v(""),
		"IconAccessibleDesc":  v(look.Glance), // GNOME asks for it (libayatana-appindicator)
		"IconThemePath":       v(""),
		"IconPixmap":          v(h.pixmaps[look.State]),
		"OverlayIconName":     v(""),
		"OverlayIconPixmap":   v([]pixmap{}),
		"AttentionIconName":   v(""),
		"AttentionIconPixmap": v([]pixmap{}),
		"AttentionMovieName":  v(""),
		"ToolTip":             v(toolTip{Icon: []pixmap{}, Title: "Portreeve", Text: look.Glance}),
		// A left click is told by Activate then, where the host knows that.
		"ItemIsMenu": v(false),
		"Menu":       v(menuPath),
	}
}

// emitLook tells what of the icon changed.
func (h *Host) emitLook(conn *dbus.Conn, before, after Look) {
	names := []string{}
	if before.State != after.State {
		h.emit(conn, itemPath, itemInterface+".NewIcon")
		names = append(names, "IconPixmap")
	}
	if before.Glance != after.Glance {
		h.emit(conn, itemPath, itemInterface+".NewToolTip")
		// GNOME's extension fetches whatever property X a signal NewX names.
		h.emit(conn, itemPath, itemInterface+".NewIconAccessibleDesc")
		names = append(names, "ToolTip", "IconAccessibleDesc")
	}
	if len(names) > 0 {
		// Hosts that keep to the newer habit read this one; the values are
		// fetched by those that want them.
		h.emit(conn, itemPath, "org.freedesktop.DBus.Properties.PropertiesChanged",
			itemInterface, map[string]dbus.Variant{}, names)
	}
}

// exportObject puts methods and read-only properties on a connection.
func exportObject(conn *dbus.Conn, path dbus.ObjectPath, name string, methods map[string]any, properties func() map[string]dbus.Variant) error {
	if err := conn.ExportMethodTable(methods, path, name); err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	refuse := func(kind, text string) *dbus.Error {
		return dbus.NewError("org.freedesktop.DBus.Error."+kind, []any{text})
	}
	err := conn.ExportMethodTable(map[string]any{
		"Get": func(of, property string) (dbus.Variant, *dbus.Error) {
			if v, ok := properties()[property]; ok && of == name {
				return v, nil
			}
			return dbus.Variant{}, refuse("UnknownProperty", "no such property")
		},
		"GetAll": func(of string) (map[string]dbus.Variant, *dbus.Error) {
			if of != name {
				return map[string]dbus.Variant{}, nil
			}
			return properties(), nil
		},
		"Set": func(of, property string, _ dbus.Variant) *dbus.Error {
			return refuse("PropertyReadOnly", "read only")
		},
	}, path, "org.freedesktop.DBus.Properties")
	if err != nil {
		return fmt.Errorf("export properties of %s: %w", name, err)
	}
	return nil
}
