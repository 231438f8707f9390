process.stderr.write('the database is away\n')
process.exit(3)
