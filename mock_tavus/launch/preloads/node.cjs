// Loaded into every Node of the run: connections to the vendor's host end at the emulator, whoever makes them (fetch,
// http, https, axios), for all of them go through this one method.
"use strict";
const { Socket } = require("net");
const connect = Socket.prototype.connect;

const isHost = (value) => typeof value === "string" && value.toLowerCase().replace(/\.+$/, "") === "@HOST@";
const isVendor = (options) =>
  options !== null && typeof options === "object" && isHost(options.host) && Number(options.port) === 443;
const led = (options) => ({ ...options, host: "127.0.0.1", port: Number("@PORT@"), lookup: undefined });

Socket.prototype.connect = function (...args) {
  const [first] = args;
  if (Array.isArray(first) && isVendor(first[0])) {
    first[0] = led(first[0]); // as Node hands it on within itself
  } else if (isVendor(first)) {
    args[0] = led(first);
  } else if (["number", "string"].includes(typeof first) && Number(first) === 443 && isHost(args[1])) {
    args[0] = Number("@PORT@");
    args[1] = "127.0.0.1";
  }
  return connect.apply(this, args);
};
