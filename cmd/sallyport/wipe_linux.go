package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
)

// wipeSecrets removes the named variables from the environment, and overwrites
// their values, and the password of a --database or --smtp URL, in the memory from which
// the system answers ps and /proc/PID/environ. Unsetenv alone changes a copy.
//
// What cannot be overwritten is left: the variables are gone for this process
// in any case, and functions are kept from reading it.
func wipeSecrets(names []string) {
	for _, name := range names {
		_ = os.Unsetenv(name) // fails for malformed names only
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	// The fields after the program's name, which may hold anything, are numbers.
	// proc_pid_stat(5): arg_start 48, arg_end 49, env_start 50, env_end 51.
	_, after, _ := bytes.Cut(stat, []byte(") "))
	fields := strings.Fields(string(after))
	const third = 3 // the number of the first field in after
	if len(fields) <= 51-third {
		return
	}
	memory, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer memory.Close()
	overwrite(memory, fields[48-third], fields[49-third], func(entry []byte) { hidePassword(entry) })
	overwrite(memory, fields[50-third], fields[51-third], func(entry []byte) {
		for _, name := range names {
			if value, ok := bytes.CutPrefix(entry, []byte(name+"=")); ok {
				blank(value)
			}
		}
	})
}

// overwrite applies edit, which changes entries in place, to each entry of a
// block that ends with a zero byte.
func overwrite(memory io.ReadWriteSeeker, start, end string, edit func([]byte)) {
	from, err1 := strconv.ParseInt(start, 10, 64)
	to, err2 := strconv.ParseInt(end, 10, 64)
	if err1 != nil || err2 != nil || to <= from || to-from > 4<<20 {
		return
	}
	block := make([]byte, to-from)
	if _, err := memory.Seek(from, io.SeekStart); err != nil {
		return
	}
	if _, err := io.ReadFull(memory, block); err != nil {
		return
	}
	before := bytes.Clone(block)
	for entry := range bytes.SplitSeq(block, []byte{0}) {
		edit(entry)
	}
	if bytes.Equal(before, block) {
		return
	}
	if _, err := memory.Seek(from, io.SeekStart); err == nil {
		_, _ = memory.Write(block)
	}
}

// hidePassword blanks what stands between the user and the host of the URL of a
// PostgreSQL or a mail server.
func hidePassword(entry []byte) {
	scheme := bytes.Index(entry, []byte("://"))
	if scheme < 0 || !bytes.Contains(entry[:scheme], []byte("postgres")) && !bytes.Contains(entry[:scheme], []byte("smtp")) {
		return
	}
	authority := entry[scheme+3:]
	at := bytes.LastIndexByte(authority, '@')
	if at < 0 {
		return
	}
	if colon := bytes.IndexByte(authority[:at], ':'); colon >= 0 {
		blank(authority[colon+1 : at])
	}
}

func blank(b []byte) {
	for i := range b {
		b[i] = 'x'
	}
}
