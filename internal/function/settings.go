package function

import (
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// runtimes are those that the runner can start.
var runtimes = []string{
	"nodejs20.x", "nodejs22.x", "nodejs24.x",
	"provided.al2", "provided.al2023",
	"python3.11", "python3.12", "python3.13", "python3.14",
}

// reservedVariables are set by the server and the runner.
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
}

var variableForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

const (
	maxEnvironment = 4096 // bytes, names and values together
	maxDescription = 256
	maxHandler     = 128
	ephemeralMB    = 512
)

// settings is what CreateFunction and UpdateFunctionConfiguration can both say.
// nil leaves a setting as it is.
type settings struct {
	description, handler, role *string
	runtime                    types.Runtime
	memory, timeout            *int32
	environment                *types.Environment
	beyond                     beyond
}

// beyond is what AWS has and this server does not. Each is refused unless it
// says what holds here anyway.
type beyond struct {
	vpc       *types.VpcConfig
	layers    []string
	files     []types.FileSystemConfig
	dead      *types.DeadLetterConfig
	tracing   *types.TracingConfig
	snapStart *types.SnapStart
	ephemeral *types.EphemeralStorage
	image     *types.ImageConfig
	kms       *string
	logging   *types.LoggingConfig
	capacity  *types.CapacityProviderConfig
	durable   *types.DurableConfig
}

func (b beyond) check() error {
	switch {
	case b.vpc != nil && (len(b.vpc.SubnetIds) > 0 || len(b.vpc.SecurityGroupIds) > 0 || aws.ToBool(b.vpc.Ipv6AllowedForDualStack)):
		return unsupported("VpcConfig", "functions use the network of the machine that they run on")
	case len(b.layers) > 0:
		return unsupported("Layers", "put what a layer holds into the function's zip")
	case len(b.files) > 0:
		return unsupported("FileSystemConfigs", "there is no Elastic File System")
	case b.dead != nil && text(b.dead.TargetArn) != "":
		return unsupported("DeadLetterConfig", "events that fail for good are logged")
	case b.tracing != nil && b.tracing.Mode == types.TracingModeActive:
		return unsupported("TracingConfig Active", "use PassThrough")
	case b.snapStart != nil && b.snapStart.ApplyOn != "" && b.snapStart.ApplyOn != types.SnapStartApplyOnNone:
		return unsupported("SnapStart", "use None")
	case b.ephemeral != nil && aws.ToInt32(b.ephemeral.Size) != ephemeralMB:
		return unsupported("EphemeralStorage other than 512", "a function's temporary folder is as large as the machine's disk")
	case b.image != nil && (len(b.image.Command) > 0 || len(b.image.EntryPoint) > 0 || text(b.image.WorkingDirectory) != ""):
		return unsupported("ImageConfig", "only zip packages run here")
	case text(b.kms) != "":
		return unsupported("KMSKeyArn", "environment variables are sealed under the server's own keyring")
	case b.logging != nil && (b.logging.LogFormat == types.LogFormatJson || text(b.logging.LogGroup) != "" ||
		b.logging.ApplicationLogLevel != "" || b.logging.SystemLogLevel != ""):
		return unsupported("LoggingConfig other than LogFormat Text", "logs go to the server's own log")
	case b.capacity != nil:
		return unsupported("CapacityProviderConfig", "functions run on the server's machine")
	case b.durable != nil:
		return unsupported("DurableConfig", "an invocation lives at most 15 minutes")
	}
	return nil
}

// apply checks the settings and puts them into c. The environment is left to the caller, who can seal it.
func (s settings) apply(c *Configuration) error {
	if err := s.beyond.check(); err != nil {
		return err
	}
	if s.description != nil {
		if len([]rune(*s.description)) > maxDescription {
			return constraint(*s.description, "description", "Member must have length less than or equal to 256")
		}
		c.Description = *s.description
	}
	if s.role != nil {
		if err := checkRole(*s.role); err != nil {
			return err
		}
		c.Role = *s.role
	}
	if s.runtime != "" {
		if !slices.Contains(runtimes, string(s.runtime)) {
			return invalid("Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [%s] or be a valid ARN",
				s.runtime, strings.Join(runtimes, ", "))
		}
		c.Runtime = string(s.runtime)
	}
	if s.handler != nil {
		if err := checkHandler(*s.handler); err != nil {
			return err
		}
		c.Handler = *s.handler
	}
	if s.memory != nil {
		if err := within(*s.memory, "memorySize", 128, 10240); err != nil {
			return err
		}
		c.MemoryMB = *s.memory
	}
	if s.timeout != nil {
		if err := within(*s.timeout, "timeout", 1, 900); err != nil {
			return err
		}
		c.Timeout = *s.timeout
	}
	if s.environment != nil {
		return checkEnvironment(s.environment.Variables)
	}
	return nil
}

func within(n int32, member string, low, high int32) error {
	switch {
	case n < low:
		return constraint(strconv.Itoa(int(n)), member, "Member must have value greater than or equal to "+strconv.Itoa(int(low)))
	case n > high:
		return constraint(strconv.Itoa(int(n)), member, "Member must have value less than or equal to "+strconv.Itoa(int(high)))
	}
	return nil
}

// checkHandler refuses more than AWS does: a handler is a path within the code.
func checkHandler(handler string) error {
	if handler == "" || len(handler) > maxHandler || strings.ContainsFunc(handler, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return constraint(handler, "handler", `Member must satisfy regular expression pattern: [^\s]+`)
	}
	if strings.HasPrefix(handler, "/") || strings.Contains(handler, `\`) || slices.Contains(strings.Split(handler, "/"), "..") {
		return invalid("The handler %q must be within the function's code.", handler)
	}
	return nil
}

func checkEnvironment(variables map[string]string) error {
	var reserved []string
	size := 0
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		value := variables[name]
		size += len(name) + len(value)
		if slices.Contains(reservedVariables, name) {
			reserved = append(reserved, name)
			continue
		}
		if !variableForm.MatchString(name) {
			return constraint(name, "environment.variables", `Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]`)
		}
		if strings.ContainsRune(value, 0) {
			return invalid("The value of the environment variable %s has a zero byte.", name)
		}
	}
	const unable = "Lambda was unable to configure your environment variables because the environment variables you have provided "
	if reserved != nil {
		return invalid(unable+"contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", strings.Join(reserved, ", "))
	}
	if size > maxEnvironment {
		return invalid(unable + "exceeded the 4KB limit.") // AWS goes on to print them
	}
	return nil
}

// architecture is the one that a function runs on: the machine's. Interpreted
// code may name the other one; a program built for it could not start.
func architecture(asked []types.Architecture, of string) (string, error) {
	own := types.ArchitectureX8664
	if runtime.GOARCH == "arm64" {
		own = types.ArchitectureArm64
	}
	switch {
	case len(asked) == 0:
		return string(own), nil
	case len(asked) > 1 || asked[0] != types.ArchitectureX8664 && asked[0] != types.ArchitectureArm64:
		return "", invalid("Architectures must be one of [x86_64] and [arm64].")
	case asked[0] != own && strings.HasPrefix(of, "provided"):
		return "", invalid("Architectures [%s] is not supported by this server: its machine is %s, and runs a %s program only if it was built for that.", asked[0], own, of)
	}
	return string(asked[0]), nil
}
