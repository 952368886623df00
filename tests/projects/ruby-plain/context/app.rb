# Says which version it runs on.
require 'json'
puts JSON.generate(ruby: RUBY_VERSION, word: File.read('word.txt').strip)
