package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"
)

// offlineText is a service of serverless-offline: one function behind a Lambda
// authorizer, as its users write it.
const offlineText = `service: bench
frameworkVersion: '3'
provider:
  name: aws
  runtime: nodejs20.x
plugins:
  - serverless-offline
custom:
  serverless-offline:
    host: 127.0.0.1
    httpPort: %d
    lambdaPort: %d
    noPrependStageInUrl: true
functions:
  authorizer:
    handler: handler.authorize
  welcome:
    handler: handler.welcome
    events:
      - http:
          path: lambda
          method: get
          authorizer:
            name: authorizer
            type: token
            identitySource: method.request.header.Authorization
`

const offlineFunctions = `exports.authorize = async (event) => {
  if (event.authorizationToken !== 'Bearer %s') throw new Error('Unauthorized');
  return { principalId: 'ann', policyDocument: { Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }] } };
};
exports.welcome = async (event) => ({
  statusCode: 200, headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ message: 'Welcome', claims: event.requestContext.authorizer }),
});
`

// startOffline runs serverless-offline, which is in node_modules of the folder:
//
//	npm install --prefix FOLDER serverless@3 serverless-offline@13
func (s *site) startOffline(ctx context.Context, installed string, out io.Writer) error {
	modules, err := filepath.Abs(filepath.Join(installed, "node_modules"))
	if err != nil {
		return err
	}
	program := filepath.Join(modules, "serverless", "bin", "serverless.js")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("serverless is not there: npm install --prefix %s serverless@3 serverless-offline@13", installed)
	}
	fmt.Fprintln(out, "starting serverless-offline")
	service := filepath.Join(s.folder, "offline")
	if err := os.Mkdir(service, 0o700); err != nil {
		return err
	}
	var ports [2]int
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		l.Close() // serverless-offline takes it over
	}
	if err := os.Symlink(modules, filepath.Join(service, "node_modules")); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"serverless.yml": fmt.Sprintf(offlineText, ports[0], ports[1]),
		"handler.js":     fmt.Sprintf(offlineFunctions, authorizerKey),
	} {
		if err := os.WriteFile(filepath.Join(service, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	s.offline, _, err = startIn(ctx, service, nil, []string{"SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off", "CI=1"}, "node", program, "offline")
	if err != nil {
		return err
	}
	s.offlineAddress = fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	for range 300 {
		c, err := net.Dial("tcp", s.offlineAddress[len("http://"):])
		if err == nil {
			c.Close()
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("serverless-offline does not serve: %s", s.offline.said.String())
}
