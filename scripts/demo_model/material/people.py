"""Names of people and characters, for every exercise that has somebody in it."""

from __future__ import annotations

from .vocabulary import words

FIRST_NAMES: tuple[str, ...] = words(
    """
    Aaron Abdul Abel Abigail Ada Adam Adele Adrian Agatha Agnes Ahmed Aisha Akira Alan Albert Alejandro Alex
    Alexander Alexandra Alfred Ali Alice Alicia Alina Alma Alonso Amalia Amanda Amara Amber Amelia Amina Amir
    Amit Amy Anders Andre Andrea Andrew Andy Angela Angus Anika Anita Anja Ann Anna Anne Annika Anton Antonia
    Antonio Anya April Archie Ariadne Arjun Arlo Arnold Arthur Asher Astrid Audrey Aurora Ava Axel Aylin Barbara
    Barney Basil Beatrice Becky Bella Ben Benjamin Bernard Bert Bertha Beth Betty Bianca Bill Billy Björn Bob
    Boris Brad Brenda Brian Bridget Bruce Bruno Bryan Caleb Camilla Carl Carla Carlos Carmen Carol Caroline
    Caspar Cecilia Cedric Celia Chandra Charles Charlie Charlotte Chen Chiara Chloe Chris Christian Christina
    Clara Claude Claudia Clement Cleo Clive Colin Connor Cora Cosima Craig Curtis Cynthia Daisy Dan Dana Daniel
    Daphne Darius David Dawn Dean Deborah Delia Della Dennis Derek Diana Diego Dilan Dimitri Dina Dolores Dominic
    Don Donald Dora Doris Dorothy Doug Drew Duncan Dylan Earl Ed Eddie Edgar Edith Edward Edwin Eileen Elaine
    Eleanor Elena Eli Elias Elif Elijah Elisa Eliza Elizabeth Ella Ellen Elliot Elsa Elsie Emil Emilia Emily Emma
    Enrico Eric Erik Erika Ernest Esme Esther Ethan Etta Eugene Eva Evan Eve Evelyn Ezra Faith Fanny Farah Fatima
    Felicity Felix Fergus Fernando Finn Fiona Flora Florence Frances Francesca Francis Frank Franz Fred Freda
    Frederick Freya Frida Fritz Gabriel Gareth Gary Gemma Geoffrey George Georgia Gerald Gerda Gideon Gina
    Giovanni Giulia Gloria Gordon Grace Graham Greta Gregory Guido Gus Gustav Gwen Hakan Hamish Hanna Hannah Hans
    Harold Harriet Harry Harvey Hassan Hazel Heather Hector Heidi Helen Helena Helga Henri Henry Herbert Herman
    Hilda Hiro Holly Homer Hope Horace Howard Hubert Hugh Hugo Ian Ida Igor Ilse Imogen Ines Ingrid Ira Irene
    Iris Irma Isaac Isabel Isla Ismail Ivan Ivy Jack Jackie Jacob Jade Jake James Jamie Jan Jana Jane Janet
    Janine Jared Jasmine Jason Jasper Javier Jay Jean Jeff Jemima Jenna Jennifer Jenny Jeremy Jerome Jess Jessica
    Jill Jim Joan Joanna Joe Joel Johanna John Jonah Jonas Jonathan Jordan Jorge José Joseph Josephine Josh
    Joshua Joy Juan Judith Judy Julia Julian Julie Juliet Julius June Jürgen Justin Kaito Kamal Karen Karim Karin
    Karl Kate Katherine Kathy Katja Kay Keith Keiko Kelly Ken Kenji Kerstin Kevin Khalid Kim Kira Kirsten Klaus
    Kurt Kyle Lana Lara Lars Laszlo Laura Lauren Laurence Lea Leah Lee Leila Lena Leo Leon Leona Leonard Leroy
    Leslie Levi Lewis Liam Lilian Lily Lina Linda Linus Lionel Lisa Liv Liz Logan Lola Lorenzo Lottie Louis
    Louisa Lucas Lucia Lucy Ludwig Luigi Luis Lukas Łukasz Luna Lydia Lynn Mabel Madeleine Magda Maggie Magnus
    Malcolm Malik Mandy Manuel Mara Marcel Marco Marcus Margaret Maria Marie Marina Mario Marion Marjorie Mark
    Marlene Marta Martha Martin Mary Mateo Mathilda Matt Matthew Maud Maurice Max Maya Megan Mehmet Mei Melanie
    Melissa Mercy Meredith Mia Michael Michelle Miguel Mika Mikhail Mila Miles Millie Milo Mina Mira Miriam Moira
    Molly Mona Monica Morgan Moritz Moses Muhammad Muriel Myra Nadia Nancy Naomi Natalie Natasha Nathan Neil Nell
    Nelly Nelson Nia Nicholas Nick Nicole Nigel Nils Nina Noah Noel Noor Nora Norbert Norman Octavia Olaf Olga
    Olive Oliver Olivia Omar Orla Orson Oscar Otto Owen Pablo Paige Pam Pamela Paolo Patrick Paul Paula Pauline
    Pedro Peggy Penelope Penny Percy Peter Petra Phil Philip Phoebe Pia Pierre Polly Poppy Priya Quentin Rachel
    Rafael Rahul Raj Ralph Ramona Raoul Ravi Ray Rebecca Reggie Renate René Rhoda Ricardo Richard Rick Rita Rob
    Robert Roberta Robin Rocco Roger Roland Roman Ron Ronald Rory Rosa Rosalie Rose Rosie Ross Roy Ruben Rudolf
    Rufus Rupert Russell Ruth Ryan Sabine Sadie Sally Salma Sam Samantha Samira Samuel Sana Sandra Sanjay Sara
    Sarah Saul Scott Sean Sebastian Selma Serena Sergio Seth Shane Sharon Sheila Shirin Sidney Siegfried Sigrid
    Silas Silvia Simon Simone Sofia Sonia Sophie Søren Stan Stefan Stella Stephen Steve Stuart Sue Sunita Susan
    Suzanne Sven Sybil Sylvester Tabitha Tamara Tania Tara Tariq Tatiana Ted Teresa Tess Thea Thelma Theo Theresa
    Thomas Tilda Tim Timothy Tina Toby Todd Tom Tomas Tony Tracy Tristan Trudy Uma Ursula Valentina Valerie
    Vanessa Vera Veronica Victor Victoria Vijay Vince Viola Violet Virginia Vivian Vlad Wade Walter Wanda Warren
    Wayne Wendy Wilbur Wilfred Wilhelm Will William Willow Winston Xavier Xenia Yan Yara Yasmin Yolanda Yuki
    Yusuf Yves Yvonne Zach Zara Zelda Zoe Zoë Zora
    """
)

SURNAMES: tuple[str, ...] = words(
    """
    Abbott Adams Alvarez Anderson Archer Bailey Baker Barker Barnes Becker Bell Bennett Berg Black Blake Brandt
    Brooks Brown Burns Carter Chen Clark Collins Cook Cooper Costa Cruz Dawson Dixon Dunn Eriksen Evans Ferrari
    Fischer Fisher Fletcher Foster Fox Garcia Gibson Graves Gray Green Gupta Hall Hansen Harper Hart Hayes Hill
    Holm Hughes Hunt Ivanov Jackson Jensen Jones Kaya Keller Kelly Khan Kim King Klein Knight Kowalski Kumar
    Lambert Lane Larsen Lee Lewis Lind Lopez Maier Marsh Martin Mason Meyer Miller Moore Morgan Morris Murphy
    Nakamura Nash Nelson Newton Novak Nowak Olsen Ortiz Page Palmer Park Parker Patel Pearce Perry Petrov Pierce
    Pool Porter Potter Quinn Reed Reyes Rivers Roberts Rossi Russo Santos Sato Schmidt Scott Sharp Silva Singh
    Smith Snow Stein Stone Suzuki Tanaka Taylor Thorne Torres Turner Vogel Wagner Walker Ward Weber West White
    Wolf Wood Wright Yamada Yilmaz Young Zhang Ziegler
    """
)

TITLES: tuple[str, ...] = words(
    "Captain Professor Doctor Dr. Lady Lord Sir Uncle Aunt Queen King Princess Prince Mister Mr. Mrs. Ms. Miss "
    "Agent Commander Judge Chef Coach Sister Brother Madame Baron Count Duke Admiral General Detective Master "
    "Old Little Big Great Saint Granny"
)

CHARACTERS: tuple[str, ...] = (
    *("Sherlock Holmes", "Santa Claus", "Albert Einstein", "Napoleon", "William Shakespeare", "Isaac Newton"),
    *("Marie Curie", "Cleopatra", "Julius Caesar", "Robin Hood", "King Arthur", "Merlin", "Frankenstein"),
    *("Dracula", "Mozart", "Beethoven", "Leonardo da Vinci", "Galileo", "Socrates", "Plato", "Aristotle"),
    *("Confucius", "Buddha", "Don Quixote", "Peter Pan", "Captain Hook", "Long John Silver", "Robinson Crusoe"),
    *("Ada Lovelace", "Alan Turing", "Charles Darwin", "Marco Polo", "Christopher Columbus", "Joan of Arc"),
    *("Vincent van Gogh", "Rembrandt", "Zeus", "Thor", "Odin", "Hercules", "Athena", "Apollo", "Venus"),
    *("Neptune", "Doctor Watson", "Cinderella", "Snow White", "Pinocchio", "Aladdin", "Sinbad", "Mother Goose"),
    *("Humpty Dumpty", "Jane Austen", "Mark Twain", "Oscar Wilde"),
)
