require 'rmagick'
puts Magick::Magick_version
