package process

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// fuse is FUSE_SUPER_MAGIC of fs/fuse/inode.c.
const fuse = 0x65735546

// place looks at where the file of a program lies. info has Exe, Deleted, Memfd
// and Dir already.
func (f *facts) place(info *Info, face int32) {
	f.proc.at(face, "exe")
	st, err := f.proc.stat()
	if err != nil || info.Exe == "" {
		return
	}
	info.Size, info.Changed = st.size, st.changed
	roots := st.onlyRootWrites()
	switch {
	case info.Memfd:
	case !f.steady(info.Exe):
		// The path is not asked for: it is the file's name for whoever sees our
		// folders.
		info.Elsewhere = !info.Deleted && !f.seesOurFolders(face)
	case info.Deleted:
		// What replaced it is no link: the path is one without links.
		now, err := attributesAt(unix.AT_FDCWD, info.Exe, unix.AT_SYMLINK_NOFOLLOW)
		info.Updated = roots && err == nil && now.onlyRootWrites() && f.sealedFolder(filepath.Dir(info.Exe))
	default:
		info.Elsewhere = f.fileAt(info.Exe) != st.File
		info.Sealed = !info.Elsewhere && roots && f.sealedFolder(filepath.Dir(info.Exe))
	}
	if mountedAppImage(info.Exe) {
		info.AppImage = f.appImage(face)
	}
	if looksBuilt(info.Exe) && f.steady(info.Dir) {
		info.Project = ProjectOf(info.Dir, "")
	}
}

// sealedFolder reports a folder in which, as in all above it, only root can make
// or replace files. The path is the kernel's own and holds no links.
func (f *facts) sealedFolder(dir string) bool {
	if sealed, ok := f.sealed[dir]; ok {
		return sealed
	}
	st, err := attributesAt(unix.AT_FDCWD, dir, unix.AT_SYMLINK_NOFOLLOW)
	sealed := err == nil && st.onlyRootWrites()
	if up := filepath.Dir(dir); sealed && up != dir {
		sealed = f.sealedFolder(up)
	}
	f.sealed[dir] = sealed
	return sealed
}

// appImage gives the image that a program is mounted from. Its runtime tells the
// image's path in the environment; the mount it made is one of FUSE.
func (f *facts) appImage(face int32) string {
	var fs unix.Statfs_t
	f.proc.at(face, "exe")
	fd, err := f.proc.open(unix.O_PATH)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	if err := unix.Fstatfs(fd, &fs); err != nil || uint32(fs.Type) != fuse {
		return ""
	}
	f.proc.at(face, "environ")
	b, err := f.proc.read()
	if err != nil {
		return ""
	}
	if image := environment(b, "APPIMAGE"); filepath.IsAbs(image) {
		return filepath.Clean(image)
	}
	return ""
}
