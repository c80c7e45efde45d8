/** Imported first: everybody on this machine can read the list of processes, and the arguments name a person. */
process.title = `docspace-onboarding ${process.argv[2] ?? ''}`.trimEnd();
