// A script that somebody looks into with node --inspect.
setInterval(() => {}, 3600_000)
