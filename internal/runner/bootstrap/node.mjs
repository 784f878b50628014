// The Lambda runtime for Node.js functions: polls the Runtime API for events
// and calls the function's handler with each.
import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import util from "node:util";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const base = "/2018-06-01/runtime/";
const stringify = JSON.stringify;

function call(method, target, body, headers = {}, through = agent) {
  return new Promise((resolve, reject) => {
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      headers["Content-Length"] = Buffer.byteLength(body);
    }
    const request = http.request({ host, port, method, path: base + target, agent: through, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function post(target, body, kind, through) {
  const { status } = await call("POST", target, body, kind ? { "Lambda-Runtime-Function-Error-Type": kind } : {}, through);
  if (status !== 202 && status !== 413) throw new Error(`the Runtime API answered ${status} to ${target}`);
}

// Log lines carry the time, the request and the level, as on AWS.
let requestId = "";
let active = false; // whether it is under way
for (const [method, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["trace", "TRACE"], ["warn", "WARN"], ["error", "ERROR"]]) {
  console[method] = (...values) => {
    const line = `${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${util.format(...values)}`;
    print(level === "ERROR" || level === "WARN" ? 2 : 1, Buffer.from(line.replaceAll("\n", "\r") + "\n"));
  };
}

function print(fd, bytes) {
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(fs.writeSync(fd, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") return; // a full pipe is emptied in a moment
    }
  }
}

class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

// headerSafe keeps a name that the function chose within a header.
const headerSafe = (name) => String(name).replace(/[^\x20-\x7e]/g, "?").slice(0, 200);

function documentOf(error) {
  if (util.types.isNativeError(error) || (error && typeof error === "object" && "message" in error && "stack" in error)) {
    return { errorType: String(error.name ?? "Error"), errorMessage: String(error.message), trace: String(error.stack ?? "").split("\n") };
  }
  return { errorType: error === null ? "null" : typeof error, errorMessage: typeof error === "string" ? error : String(error), trace: [] };
}

// wordsOf is the document as JSON, even of an error whose text cannot be had.
function wordsOf(error) {
  try {
    const doc = documentOf(error);
    return [headerSafe(doc.errorType), stringify(doc)];
  } catch {
    return ["Runtime.Unknown", '{"errorType":"Runtime.Unknown","errorMessage":"the error cannot be shown","trace":[]}'];
  }
}

async function load() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const handler = process.env._HANDLER ?? "";
  const name = path.basename(handler);
  const dot = name.indexOf(".");
  if (dot <= 0 || dot === name.length - 1 || handler.includes("..")) throw new Failure("Runtime.MalformedHandlerName", "Bad handler");
  const module = path.join(path.dirname(handler), name.slice(0, dot));
  const file = ["", ".js", ".mjs", ".cjs"].map((ext) => path.resolve(root, module + ext))
    .find((candidate) => fs.statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (!file) throw new Failure("Runtime.ImportModuleError", `Error: Cannot find module '${module}'`);
  let exported;
  try {
    exported = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw new Failure("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
  const within = (object) => name.slice(dot + 1).split(".").reduce((o, key) => o?.[key], object);
  const found = within(exported) ?? within(exported.default);
  if (found === undefined) throw new Failure("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new Failure("Runtime.HandlerNotFound", `${handler} is not a function`);
  return found;
}

function contextOf(headers) {
  const json = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: json("lambda-runtime-client-context"),
    identity: json("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// whenEmpty runs when nothing is left to wait for.
let whenEmpty = () => {};
process.on("beforeExit", () => whenEmpty());

// ask calls the handler; it settles with the value of a promise at once, and
// with that of a callback when the event loop is empty, unless told otherwise.
function ask(handler, event, context) {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (error, value) => (error !== undefined && error !== null ? reject(error) : resolve(value));
    const callback = (error, value) => {
      if (settled) return;
      settled = true;
      if (context.callbackWaitsForEmptyEventLoop && (error === undefined || error === null)) whenEmpty = () => settle(error, value);
      else settle(error, value);
    };
    context.done = callback;
    context.succeed = (value) => { context.callbackWaitsForEmptyEventLoop = false; callback(null, value); };
    context.fail = (error) => callback(error ?? "handled");
    whenEmpty = () => resolve(null); // nothing will ever answer
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") {
      result.then((value) => { settled = true; resolve(value); }, (error) => { settled = true; reject(error ?? new Error("the promise was rejected without a reason")); });
    }
  });
}

// fatal reports what nobody caught, and ends the process: its state is unknown.
let dying = false;
async function fatal(label, kind, body, status) {
  if (dying) return;
  dying = true;
  console.error(label + "\t" + body);
  try {
    // On a connection of its own: a poll may be open on the other.
    if (active || !requestId) await post(active ? `invocation/${requestId}/error` : "init/error", body, kind, false);
  } catch {
    // the exit status says it
  }
  process.exit(status);
}
process.on("uncaughtException", (error) => fatal("Uncaught Exception", ...wordsOf(error), 129));
process.on("unhandledRejection", (reason) => {
  const kind = "Runtime.UnhandledPromiseRejection";
  let doc;
  try {
    const { errorType, errorMessage, trace } = documentOf(reason);
    doc = { errorType: kind, errorMessage: util.types.isNativeError(reason) ? `${errorType}: ${errorMessage}` : errorMessage, trace };
  } catch {
    doc = { errorType: kind, errorMessage: "the reason cannot be shown", trace: [] };
  }
  fatal("Unhandled Promise Rejection", kind, stringify(doc), 128);
});

async function answer(handler, { headers, body }) {
  requestId = headers["lambda-runtime-aws-request-id"];
  active = true;
  if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  else delete process.env._X_AMZN_TRACE_ID;
  const target = `invocation/${requestId}/`;
  let json;
  try {
    const value = await ask(handler, JSON.parse(body), contextOf(headers));
    try {
      json = stringify(value === undefined ? null : value) ?? "null";
    } catch (error) {
      throw new Failure("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
    }
  } catch (error) {
    whenEmpty = () => {};
    active = false;
    const [kind, doc] = wordsOf(error);
    console.error("Invoke Error \t" + doc);
    await post(target + "error", doc, kind);
    return;
  }
  whenEmpty = () => {};
  active = false;
  await post(target + "response", json);
}

async function main() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    return fatal("Uncaught Exception", ...wordsOf(error), 1);
  }
  for (;;) {
    const event = await call("GET", "invocation/next");
    if (event.status !== 200) throw new Error(`the Runtime API answered ${event.status} to a poll`);
    if (dying) return;
    await answer(handler, event);
  }
}
main();
