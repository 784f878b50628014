"""The Lambda runtime for Python functions: polls the Runtime API for events and
calls the function's handler with each."""

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback


class LambdaContext:
    def __init__(self, request_id, arn, deadline_ms, client_context, identity):
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self.identity = CognitoIdentity(json.loads(identity) if identity else {})
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        shown = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                 "function_version", "invoked_function_arn", "client_context", "identity")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in shown)


class Client:
    def __init__(self, fields):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, fields.get(name))


class ClientContext:
    def __init__(self, fields):
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        self.client = Client(fields["client"]) if isinstance(fields.get("client"), dict) else None


class CognitoIdentity:
    def __init__(self, fields):
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")


class Failure(Exception):
    """What is wrong with the function itself: errorType and errorMessage."""

    def __init__(self, kind, message, stack=()):
        super().__init__(message)
        self.kind, self.message, self.stack = kind, message, list(stack)


class RuntimeAPI:
    base = "/2018-06-01/runtime/"

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def next(self):
        self.connection.request("GET", self.base + "invocation/next")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit("the Runtime API answered %d to a poll" % answer.status)
        return answer.headers, body

    def post(self, path, body, kind=None):
        headers = {"Content-Type": "application/json"}
        if kind:
            headers["Lambda-Runtime-Function-Error-Type"] = kind
        self.connection.request("POST", self.base + path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in (202, 413):
            raise SystemExit("the Runtime API answered %d to %s" % (answer.status, path))


class LogHandler(logging.Handler):
    """What the root logger has from the start, as on AWS: a function sets its
    level, and its lines carry the level, the time and the request."""

    request_id = ""

    def __init__(self):
        super().__init__()
        form = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
        form.converter = time.gmtime
        self.setFormatter(form)

    def emit(self, record):
        try:
            record.aws_request_id = self.request_id
            sys.stdout.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def lines_of(tb):
    return traceback.format_list(traceback.extract_tb(tb))


def load(handler):
    module_name, dot, function_name = handler.rpartition(".")
    if not dot or not module_name or not function_name:
        raise Failure("Runtime.MalformedHandlerName",
                      "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except SyntaxError as e:
        raise Failure("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, e),
                      ['  File "%s" Line %s\n    %s\n' % (e.filename, e.lineno, (e.text or "").strip())])
    except ImportError as e:
        raise Failure("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, e))
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Failure("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


def encode(value):
    def other(o):
        if isinstance(o, decimal.Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        raise TypeError("Object of type %s is not JSON serializable" % type(o).__name__)
    try:
        return json.dumps(value, default=other).encode()
    except (TypeError, ValueError) as e:
        raise Failure("Runtime.MarshalError", "Unable to marshal response: %s" % e)


def document(e, tb, request_id):
    if isinstance(e, Failure):
        kind, message, stack = e.kind, e.message, e.stack
    else:
        kind, message, stack = type(e).__name__, str(e), lines_of(tb)
    return kind, {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": stack}


def say(kind, doc):
    print("[ERROR] %s: %s" % (kind, doc["errorMessage"]))
    if doc["stackTrace"]:
        print("Traceback (most recent call last):\n" + "".join(doc["stackTrace"]), end="")
    sys.stdout.flush()


def main():
    api = RuntimeAPI(os.environ["AWS_LAMBDA_RUNTIME_API"])
    log = LogHandler()
    logging.getLogger().addHandler(log)
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    try:
        handler = load(os.environ["_HANDLER"])
    except SystemExit:
        raise
    except BaseException as e:
        kind, doc = document(e, e.__traceback__.tb_next if e.__traceback__ else None, "")
        say(kind, doc)
        api.post("init/error", json.dumps(doc).encode(), kind)
        sys.exit(1)
    while True:
        headers, body = api.next()
        request_id = log.request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        trace = headers.get("Lambda-Runtime-Trace-Id")
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        path = "invocation/" + request_id
        try:
            context = LambdaContext(request_id, headers.get("Lambda-Runtime-Invoked-Function-Arn"),
                                    int(headers["Lambda-Runtime-Deadline-Ms"]),
                                    headers.get("Lambda-Runtime-Client-Context"),
                                    headers.get("Lambda-Runtime-Cognito-Identity"))
            try:
                event = json.loads(body)
            except ValueError as e:
                raise Failure("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % e)
            answer = encode(handler(event, context))
        except Exception as e:
            kind, doc = document(e, e.__traceback__.tb_next if e.__traceback__ else None, request_id)
            say(kind, doc)
            api.post(path + "/error", json.dumps(doc).encode(), kind)
            continue
        sys.stdout.flush()
        sys.stderr.flush()
        api.post(path + "/response", answer)


main()
