package main

import (
	"bufio"
	"net"
)

// upstreamBody is what the server behind the proxies says to everybody.
const upstreamBody = `{"message":"from upstream"}`

// upstream answers every request on its connections with the same bytes. It reads
// no bodies: the scenarios that reach it send none.
func upstream() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: upstream\r\nContent-Length: 27\r\n\r\n" + upstreamBody)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewReaderSize(c, 16<<10); ; {
					for line := []byte(nil); len(line) != 2; { // to the empty line
						if line, err = in.ReadSlice('\n'); err != nil {
							return
						}
					}
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l, nil
}
