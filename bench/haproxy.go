package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// haproxyText guards as HAProxy's manual does it for bearer tokens: the algorithm,
// the issuer, the expiry, the signature. The second frontend lets all pass.
const haproxyText = `global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option http-keep-alive
  http-reuse always
frontend guarded
  bind %[1]s
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str %[3]s }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"%[4]s") 1 }
  default_backend upstream
frontend open
  bind %[2]s
  default_backend upstream
backend upstream
  server one %[5]s
`

// startHAProxy serves guarded and open on two ports of its own.
func (s *site) startHAProxy(ctx context.Context) error {
	encoded, err := x509.MarshalPKIXPublicKey(s.tokens.key)
	if err != nil {
		return err
	}
	key, config := filepath.Join(s.folder, "pool.pem"), filepath.Join(s.folder, "haproxy.cfg")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded}), 0o600); err != nil {
		return err
	}
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ports[i] = l.Addr().String()
		l.Close() // haproxy takes it over
	}
	text := fmt.Sprintf(haproxyText, ports[0], ports[1], s.tokens.issuer, key, s.upstream.Addr())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	s.haproxy, _, err = start(ctx, nil, nil, "haproxy", "-db", "-q", "-f", config)
	if err != nil {
		return err
	}
	s.haproxyGuarded, s.haproxyOpen = "http://"+ports[0], "http://"+ports[1]
	for range 100 {
		c, err := net.Dial("tcp", ports[1])
		if err == nil {
			c.Close()
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("haproxy does not serve: %s", s.haproxy.said.String())
}
