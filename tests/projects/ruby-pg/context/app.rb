require 'sinatra'
require 'pg'

get '/' do
  PG.library_version.to_s
end
