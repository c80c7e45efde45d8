/** Import this first. Everybody on this machine can read the process list, and the arguments name a person. */
process.title = `docspace-onboarding ${process.argv[2] ?? ''}`.trimEnd();
